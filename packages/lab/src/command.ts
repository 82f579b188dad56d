/**
 * Runs one command to its end: an argument vector, never a shell string.
 *
 * Invariants: output is bounded by `limits.labOutputBytes` per stream; past its deadline the command's whole process group is
 * killed, which also reaches what nsenter(1) forked into another process namespace.
 * Throws: `command_timeout`; `limit_exceeded`; `command_failed` when the command cannot be started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { GuiseError, limits } from '@guise/model';

export interface CommandOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** File descriptors that the command keeps open as 3, 4, …: locks that it must outlive us with. */
  readonly inherited?: readonly number[];
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** The exit status, or 128 and the signal's number. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command that must succeed and gives its standard output. Throws: `command_failed` when it does not. */
export type Execute = (argv: readonly string[], options?: CommandOptions) => Promise<string>;

/** An `Execute` whose commands keep these locks open, so that the locks outlive a killed lab until its last command has ended. */
export function executeHolding(lockFds: readonly number[]): Execute {
  return async (argv, options = {}) => {
    const result = await runCommand(argv, { ...options, inherited: lockFds });
    if (result.status === 0) return result.stdout;
    throw new GuiseError(
      'command_failed',
      `Cannot run ${argv.join(' ').slice(0, 200)}: it ended with ${result.status}`,
      {
        detail: result.stderr,
        cause: new Error(lastLines(result.stderr)),
      },
    );
  };
}

export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new GuiseError('argument_invalid', 'Cannot run an empty command');
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe', ...(options.inherited ?? [])],
    detached: true,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  // A command may end without reading its input; that is its own affair.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  return await outcomeOf(child, argv, options);
}

async function outcomeOf(
  child: ChildProcess,
  argv: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? limits.labCommandTimeoutMs;
  const shown = argv.join(' ').slice(0, 200);
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  let failure: GuiseError | undefined;
  const stop = (error: GuiseError): void => {
    failure ??= error;
    killGroup(child);
  };
  const deadline = setTimeout(() => {
    stop(new GuiseError('command_timeout', `Cannot wait longer for ${shown}: its limit is ${timeoutMs} ms`));
  }, timeoutMs);
  const tooMuch = (): void => {
    stop(
      new GuiseError(
        'limit_exceeded',
        `Cannot keep the output of ${shown}: its limit is ${limits.labOutputBytes} bytes`,
      ),
    );
  };
  const stdout = collect(child.stdout, tooMuch, undefined);
  const stderr = collect(child.stderr, tooMuch, options.onLine);
  child.once('error', (cause) => {
    clearTimeout(deadline);
    reject(new GuiseError('command_failed', `Cannot start ${shown}`, { cause }));
  });
  // What a command leaves running in the background may keep its output open for ever.
  child.once('exit', () => {
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, limits.labOutputGraceMs).unref();
  });
  child.once('close', (code, signal) => {
    clearTimeout(deadline);
    if (failure !== undefined) reject(failure);
    else resolve({ status: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], stdout: stdout(), stderr: stderr() });
  });
  return await promise;
}

function collect(
  stream: ChildProcess['stdout'],
  tooMuch: () => void,
  onLine: ((line: string) => void) | undefined,
): () => string {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let partialLine = '';
  stream?.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.labOutputBytes) return tooMuch();
    chunks.push(chunk);
    if (onLine === undefined) return;
    const lines = (partialLine + chunk.toString()).split('\n');
    partialLine = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  return () => Buffer.concat(chunks).toString();
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n');
}
