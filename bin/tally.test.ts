import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTally, tallyOfChecks, tallyOfVitest } from './tally.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'guise-tally-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a report with one file per argument, as vitest's json reporter does. */
function reportOf(...files: readonly { status: string; tests: readonly string[] }[]): string {
  const reportFile = join(folder, 'report.json');
  const testResults = files.map(({ status, tests }) => ({
    status,
    assertionResults: tests.map((status) => ({ status })),
  }));
  writeFileSync(reportFile, JSON.stringify({ testResults }));
  return reportFile;
}

describe('tallyOfVitest', () => {
  it('counts tests over files', () => {
    const report = reportOf(
      { status: 'failed', tests: ['passed', 'failed', 'failed'] },
      { status: 'passed', tests: ['passed', 'pending', 'skipped', 'todo'] },
    );
    expect(tallyOfVitest(report, 1)).toEqual({ passed: 2, failed: 2, skipped: 3 });
  });

  it('counts a file that broke before its tests as one failure', () => {
    expect(tallyOfVitest(reportOf({ status: 'failed', tests: [] }), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a bad end without a failed test as one failure', () => {
    const report = reportOf({ status: 'passed', tests: ['passed'] });
    expect(tallyOfVitest(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(tallyOfVitest(report, 0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  it('counts a vitest that left no report as one failure', () => {
    expect(tallyOfVitest(join(folder, 'missing.json'), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('the closing line', () => {
  it('counts each check as a test', () => {
    const checks = [
      { name: 'types', exitCode: 0 },
      { name: 'dead code', exitCode: 2 },
    ];
    expect(formatTally(tallyOfChecks(checks))).toBe('1 passed, 1 failed');
  });

  it('names skipped tests only when there are some', () => {
    expect(formatTally({ passed: 3, failed: 0, skipped: 2 })).toBe('3 passed, 0 failed, 2 skipped');
  });
});
