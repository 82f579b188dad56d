/** Takes checkpoints and says the size after each, until it is killed: `killed-keeper.ts DIRECTORY MESSAGES`. For checkpoint-keeper.test.ts. */

import { readStateFile } from '../host/state-file.ts';
import { AlertBook } from '../triggers/alert-book.ts';
import { CheckpointKeeper, type CheckpointMessage } from './checkpoint-keeper.ts';
import { auditEvidencePath, trustPath } from './places.ts';
import { rememberedSize } from './take-checkpoints.ts';
import { TrustStore } from './trust-store.ts';

const [directory = '', messages = ''] = process.argv.slice(2);
const trust = new TrustStore(trustPath(directory));
const keeper = new CheckpointKeeper({
  trust,
  evidencePath: auditEvidencePath(directory),
  alerts: new AlertBook(Date.now, () => undefined),
  nowMs: Date.now,
  report: (line) => process.stderr.write(`${line}\n`),
});
for (const message of JSON.parse(readStateFile(messages) ?? '[]') as readonly CheckpointMessage[]) {
  keeper.take(message);
  await new Promise((sent) => process.send?.(rememberedSize(trust), sent));
}
process.disconnect();
