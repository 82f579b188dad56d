/** Real servers for tests, as `bin/prepare-test-servers.mjs` unpacked them, each ended with the test that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where haproxy, named and nsupdate are. */
const programs = join(import.meta.dirname, '../../../../../.guise/test-servers/bin');

const patienceMs = 20_000;

export interface StartedServer {
  stop(): Promise<void>;
}

/** Runs until it is stopped; `isReady` is asked again and again. Throws: Error with the last words of one that did not start. */
export async function startTestServer(
  name: 'haproxy' | 'named',
  argv: readonly string[],
  isReady: () => Promise<boolean>,
): Promise<StartedServer> {
  const program = join(programs, name);
  if (!existsSync(program)) throw new Error(`${program} is missing: node bin/bootstrap.mjs test prepares it`);
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (words += String(chunk)));
  for (const endsAt = performance.now() + patienceMs; !(await isReady()); await sleep(10)) {
    if (child.exitCode === null && performance.now() < endsAt) continue;
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${words.slice(-2000)}`);
  }
  return { stop: () => ended(child) };
}

/** For programs of ours that start them by name. */
export function pathWithTestServers(): string {
  return `${programs}${delimiter}${process.env['PATH'] ?? ''}`;
}

/** A port that was free a moment ago, for UDP and TCP of programs that want to be told one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
