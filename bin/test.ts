/**
 * `npm test`: the static checks, then every test, unit, golden, host and simulated. Arguments go to vitest.
 *
 * The last line is always `N passed, N failed`, with `, N skipped` when some were; CI reads it.
 */
import { runChecks, staticChecks } from './checks.ts';
import { runVitest } from './run-vitest.ts';
import { formatTally, sum, tallyOfChecks } from './tally.ts';

const checks = tallyOfChecks(await runChecks(staticChecks));
const tests = await runVitest(process.argv.slice(2));
const tally = sum(checks, tests);
process.stdout.write(`\n${formatTally(tally)}\n`);
process.exitCode = tally.failed === 0 ? 0 : 1;
