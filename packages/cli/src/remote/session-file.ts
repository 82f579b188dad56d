/**
 * The session that `guise login` got: one, in the user's configuration folder, that only he can read.
 *
 * Invariant: it is written whole or not at all, and sent to the control plane that gave it and to no other.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';

export interface Session {
  readonly server: string;
  readonly token: string;
  readonly actor: string;
  readonly expires_at: string;
}

type Place = Pick<Context, 'env'>;

/** Null when there is none, or it is over. */
export function readSession(context: Place, nowMs: number = Date.now()): Session | null {
  try {
    const session = JSON.parse(readFileSync(fileOf(context), 'utf8')) as Session;
    const isWhole = [session.server, session.token, session.expires_at].every((value) => typeof value === 'string');
    return isWhole && Date.parse(session.expires_at) > nowMs ? session : null;
  } catch {
    return null;
  }
}

/** The file. */
export function writeSession(context: Place, session: Session): string {
  const path = fileOf(context);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  // Whatever mode a leftover had, this one is ours.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
  return path;
}

export function removeSession(context: Place): void {
  rmSync(fileOf(context), { force: true });
}

function fileOf({ env }: Place): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || '/tmp', '.config'), 'guise', 'session.json');
}
