/**
 * A control plane in a process of its own that ends with this one, however this one ends: its input is a pipe from here.
 *
 * Its words are passed on line by line. Ctrl-C in a terminal does not reach it, so that it is ended after those who use it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { GuiseError, limits } from '@guise/model';
import { serverCommand } from './server-command.ts';
import type { TrialServer } from './trial.ts';
import { handServerTo } from './trial-process.ts';

export interface TiedServer extends TrialServer {
  /** Aborted, with a GuiseError as its reason, when it ended without having been asked to. */
  readonly failed: AbortSignal;
  readonly close: () => Promise<void>;
}

interface Ready {
  readonly url: string;
  readonly agent_url: string;
  readonly token_file: string;
}

const wordsKept = 5;

/** Throws: `server_unavailable` with its last words when it does not come up. */
export async function startTiedServer(
  directory: string,
  agentHost: string | null,
  report: (line: string) => void,
): Promise<TiedServer> {
  const [program, argv] = serverCommand(directory, agentHost, ['--until-input-ends', '--json']);
  const child = spawn(program, argv, { detached: true, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
  if (child.pid !== undefined) handServerTo(directory, child.pid);
  // It may be gone already when its input is closed.
  child.stdin.on('error', () => undefined);
  let isClosing = false;
  const words: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    words.push(line);
    words.splice(0, words.length - wordsKept);
    if (!isClosing) report(line);
  });
  const failed = new AbortController();
  const closed = once(child, 'close').then(() => {
    if (!isClosing) failed.abort(new GuiseError('server_unavailable', lastWords(words)));
  });
  const close = async () => {
    isClosing = true;
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), limits.serverEndMs);
    await closed;
    clearTimeout(timer);
  };
  try {
    const ready = await readyIn(child.stdout, failed.signal);
    const adminToken = readFileSync(ready.token_file, 'utf8').trim();
    return { url: ready.url, agentUrl: ready.agent_url, adminToken, failed: failed.signal, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What it says when it answers, which is one JSON value. */
async function readyIn(stdout: NodeJS.ReadableStream, failed: AbortSignal): Promise<Ready> {
  const signal = AbortSignal.any([failed, AbortSignal.timeout(limits.serverStartMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<Ready>();
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.endsWith('}\n')) resolve(JSON.parse(text) as Ready);
  });
  signal.addEventListener('abort', () =>
    reject(
      failed.aborted
        ? failed.reason
        : new GuiseError('server_unavailable', `Cannot start the control plane: it did not answer in time`),
    ),
  );
  return promise;
}

function lastWords(words: readonly string[]): string {
  return `The control plane ended: ${words.join('\n') || 'it said nothing'}`;
}
