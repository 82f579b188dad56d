/**
 * Runs one program to its end, without a shell, with bounded time and output and nothing of our own environment.
 *
 * The program leads its own process group, so a timeout ends all that it started. A daemon that it leaves behind may keep its
 * output open; that is waited for `limits.commandDrainMs` and no longer.
 * Throws: `command_failed` on an exit status that was not asked for, with the last line of standard error; `command_timeout`;
 * `limit_exceeded` past `limits.commandOutputBytes`, because half an answer must not be taken for one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { GuiseError, limits } from '@guise/model';
import type { RunOptions, RunResult } from './host.ts';

/** What every program gets; `RunOptions.env` adds to it. */
const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

export function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new GuiseError('argument_invalid', 'Cannot run an empty argument vector');
  const timeoutMs = options.timeoutMs ?? limits.commandTimeoutMs;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd: '/',
      detached: true,
      env: { ...baseEnvironment, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout = new Output(child.stdout, tooMuch);
    const stderr = new Output(child.stderr, tooMuch);
    let broken: GuiseError | null = null;
    let drain: NodeJS.Timeout | undefined;
    const giveUp = (error: GuiseError): void => {
      broken ??= error;
      killGroup(child);
    };
    const timer = setTimeout(
      () =>
        giveUp(new GuiseError('command_timeout', `Cannot finish ${name(argv)}: it ran for more than ${timeoutMs} ms`)),
      timeoutMs,
    );
    const onAbort = (): void =>
      giveUp(new GuiseError('command_timeout', `Cannot finish ${name(argv)}: it was called off`));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();

    function tooMuch(): void {
      giveUp(
        new GuiseError(
          'limit_exceeded',
          `Cannot use the output of ${name(argv)}: it is longer than ${limits.commandOutputBytes} bytes`,
        ),
      );
    }
    function finish(status: number | null, killedBy: NodeJS.Signals | null): void {
      clearTimeout(timer);
      clearTimeout(drain);
      options.signal?.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      const result = { status: status ?? 128, stdout: stdout.text(), stderr: stderr.text() };
      if (broken !== null) reject(broken);
      else if (accepted(result.status, options.accept) && killedBy === null) resolve(result);
      else reject(failure(argv, result, killedBy, options.redact));
    }
    child.once('error', (cause) => {
      broken ??= new GuiseError('command_failed', `Cannot run ${name(argv)}: ${cause.message}`, { cause });
      finish(null, null);
    });
    child.once('exit', (status, killedBy) => {
      drain = setTimeout(() => finish(status, killedBy), limits.commandDrainMs);
    });
    child.once('close', finish);
    // A program may end without reading its input; that is its right, and its exit status tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

class Output {
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(stream: NodeJS.ReadableStream, tooMuch: () => void) {
    stream.on('data', (chunk: Buffer) => {
      this.#sizeBytes += chunk.length;
      if (this.#sizeBytes > limits.commandOutputBytes) tooMuch();
      else this.#chunks.push(chunk);
    });
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

function accepted(status: number, accept: RunOptions['accept']): boolean {
  return accept === 'any' || (accept ?? [0]).includes(status);
}

function failure(
  argv: readonly string[],
  result: RunResult,
  killedBy: NodeJS.Signals | null,
  redact: (text: string) => string = (text) => text,
): GuiseError {
  const how = killedBy === null ? `it exited with status ${result.status}` : `it was ended by ${killedBy}`;
  const said = redact(result.stderr.trim() || result.stdout.trim())
    .split('\n')
    .at(-1)!
    .slice(0, 500);
  return new GuiseError('command_failed', `Cannot complete ${name(argv)}: ${how}${said === '' ? '' : `: ${said}`}`, {
    detail: redact(result.stderr).slice(-4000),
  });
}

/** Enough of an argument vector to recognise it. */
function name(argv: readonly string[]): string {
  const text = argv.join(' ');
  return JSON.stringify(text.length <= 120 ? text : `${text.slice(0, 117)}...`);
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was asked for.
  }
}
