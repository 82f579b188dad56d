/** The repository's static checks, as data, and the runner that gives each one line. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface Check {
  readonly name: string;
  /** A script of an installed package, relative to node_modules, and its arguments. */
  readonly command: readonly [script: string, ...argv: string[]];
}

export interface CheckResult {
  readonly name: string;
  readonly exitCode: number;
}

export const root: string = join(import.meta.dirname, '..');

/** Longest first, so that the last one to start is a short one. */
export const staticChecks: readonly Check[] = [
  { name: 'dead code', command: ['knip/bin/knip.js', '--no-progress'] },
  { name: 'types', command: ['typescript/bin/tsc', '--project', 'tsconfig.json'] },
  { name: 'lint with types', command: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format and lint', command: ['@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '--colors=off'] },
];

/** Runs the checks, as many at once as there are cores; prints a line for each and the output of those that fail. */
export async function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const waiting = [...checks];
  const results: CheckResult[] = [];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      results.push(await runCheck(check));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}

async function runCheck(check: Check): Promise<CheckResult> {
  const startedMs = performance.now();
  const { exitCode, output } = await capture(check.command);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${seconds} s  ${check.name}\n`);
  if (exitCode !== 0) process.stdout.write(`${output.trimEnd()}\n\n`);
  return { name: check.name, exitCode };
}

/** Runs to the end; a command that a signal ended, or that could not start, has exit code 1. */
function capture([script, ...argv]: Check['command']): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    // Output that is kept for later gets no colours: what is read in a log must stay readable.
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...argv], { cwd: root, env });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ exitCode: 1, output: error.message }));
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
