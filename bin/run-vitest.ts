/** Runs vitest with its output on this terminal and counts what it did. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './checks.ts';
import { type Tally, tallyOfVitest } from './tally.ts';

/** `argv` goes to `vitest run` as it is: file filters, `--project host`, `-t name`. */
export async function runVitest(argv: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'guise-vitest-'));
  const reportFile = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  try {
    const exitCode = await spawnVitest(['run', ...reporters, ...argv]);
    return tallyOfVitest(reportFile, exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The exit code; 1 when a signal ended it. */
function spawnVitest(argv: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const script = join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [script, ...argv], { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
