/** `npm run ok`: what to run before every commit, in under a minute. Format, lint, types, dead code, unit and golden tests. */
import { type Check, runChecks, staticChecks } from './checks.ts';
import { formatTally, tallyOfChecks } from './tally.ts';

const unitTests: Check = {
  name: 'unit and golden tests',
  command: ['vitest/vitest.mjs', 'run', '--project', 'unit', ...process.argv.slice(2)],
};

const tally = tallyOfChecks(await runChecks([unitTests, ...staticChecks]));
process.stdout.write(`${formatTally(tally)}\n`);
process.exitCode = tally.failed === 0 ? 0 : 1;
