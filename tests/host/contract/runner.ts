/** Checks the adapter contract for one kind on the host that it runs on, which it changes. Prints `{case, wrong}` as a line of JSON for each case. */
import { mkdirSync } from 'node:fs';
import { adapters, checkContract } from '@guise/agent';
import { type Kind, kinds } from '@guise/model';
import { diffFingerprints, fingerprint } from '../fingerprint.ts';
import { contractCases } from './cases/index.ts';
import { databaseSnapshots } from './database-snapshots.ts';

const stateDirectory = '/var/lib/guise';
const kind = kinds.find((known) => known === process.argv[2]) as Kind;

const snapshots = kind === 'database' ? databaseSnapshots : { take: fingerprint, differences: diffFingerprints };

mkdirSync(stateDirectory, { recursive: true });
for (const contractCase of contractCases[kind]) {
  const wrong = await checkContract({
    contractCase,
    adapters,
    stateDirectory,
    snapshots,
  });
  process.stdout.write(`${JSON.stringify({ case: contractCase.name, wrong })}\n`);
}
