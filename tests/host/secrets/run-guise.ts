/** The command line as a person at the control plane runs it, in a process of its own. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export interface GuiseAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runGuise(
  args: readonly string[],
  { token, input }: { readonly token: string; readonly input: string },
): Promise<GuiseAnswer> {
  const child = spawn(resolve(import.meta.dirname, '../../../guise'), [...args], {
    env: { ...process.env, GUISE_TOKEN: token },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const ended = new Promise<number>((done) => child.once('close', (status) => done(status ?? 128)));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stdout, stderr };
}
