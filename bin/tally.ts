/**
 * Counts what passed and failed, for the line that ends a run: `12 passed, 0 failed, 1 skipped`.
 *
 * A static check counts as one test. A test file that broke before its tests could run counts as one failure, and so does
 * a vitest that ended badly though no test failed (an unhandled rejection, a crash): a run is never better than its worst part.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { CheckResult } from './checks.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is read. */
interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export function tallyOfChecks(results: readonly CheckResult[]): Tally {
  const failed = results.filter(({ exitCode }) => exitCode !== 0).length;
  return { passed: results.length - failed, failed, skipped: 0 };
}

/** `reportFile` is what vitest's json reporter wrote; a vitest that died may have written none, which is a failure too. */
export function tallyOfVitest(reportFile: string, exitCode: number): Tally {
  const report = readReport(reportFile);
  const tally = report?.testResults.map(tallyOfFile).reduce(sum, nothing) ?? nothing;
  const endedBadly = exitCode !== 0 || report === undefined;
  return endedBadly && tally.failed === 0 ? sum(tally, { ...nothing, failed: 1 }) : tally;
}

export function sum(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

export function formatTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

function tallyOfFile(file: VitestReport['testResults'][number]): Tally {
  const count = (status: string) => file.assertionResults.filter((test) => test.status === status).length;
  const passed = count('passed');
  const failed = count('failed');
  const skipped = file.assertionResults.length - passed - failed;
  return { passed, failed: file.status === 'failed' && failed === 0 ? 1 : failed, skipped };
}

function readReport(reportFile: string): VitestReport | undefined {
  return existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport) : undefined;
}
