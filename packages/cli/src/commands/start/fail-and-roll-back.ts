import { join, relative } from 'node:path';
import { readPersona } from '../../local/read-persona.ts';
import { repository } from '../../places.ts';
import { durationText } from '../../render/text.ts';
import { totalMs } from '../../render/transaction.ts';
import { readRow } from './become-database.ts';
import { fingerprintOf, requireSame } from './host-fingerprint.ts';
import { require, type Step } from './step.ts';
import { settleHost, switchHost } from './switch-host.ts';

/** Brings files, an account and a service, and then its own test says no. */
const brokenFile = join(repository, 'personas/examples/broken.yaml');

export const failAndRollBack: Step = {
  name: 'broken',
  shows: 'a persona whose test fails: the host goes back to what it was, by itself',
  async run(stage) {
    const { client, hostId, tell } = stage;
    const { persona_id } = await client.publishPersona({
      body: { persona: await readPersona(relative(process.cwd(), brokenFile)) },
    });
    tell('looking the host over');
    const before = await fingerprintOf(stage);
    const transaction = await switchHost(stage, ['database', persona_id]);
    require(transaction.status ===
      'rolled_back', `the switch is ${transaction.status}, and its test cannot have succeeded`);
    tell('looking the host over again');
    const compared = requireSame(before, await fingerprintOf(stage));
    const row = await readRow(stage);
    await settleHost(stage, ['database']);
    return [
      transaction.error?.message ?? 'failed',
      `rolled back, ${durationText(totalMs(transaction))} from beginning to end`,
      `the same as before: ${compared}`,
      `PostgreSQL on ${hostId} still gives back “${row}”`,
    ];
  },
};
