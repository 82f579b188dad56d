import { join, relative } from 'node:path';
import { readPersona } from '../../local/read-persona.ts';
import { repository } from '../../places.ts';
import { durationText } from '../../render/text.ts';
import { totalMs } from '../../render/transaction.ts';
import { readRow } from './become-database.ts';
import { require, type Step } from './step.ts';
import { settleHost, switchHost } from './switch-host.ts';

/** Brings files, an account and a service, and then its own test says no. */
const brokenFile = join(repository, 'personas/examples/broken.yaml');
/** Each succeeds only where something of it is left. */
const traces = [
  ['test', '-e', '/etc/guise-broken'],
  ['test', '-e', '/srv/guise-broken'],
  ['id', 'broken-app'],
  ['systemctl', 'cat', 'guise-broken.service'],
] as const;

export const failAndRollBack: Step = {
  name: 'broken',
  shows: 'a persona whose test fails: the host goes back to what it was, by itself',
  async run(stage) {
    const { client, lab, host, hostId } = stage;
    const { persona_id } = await client.publishPersona({
      body: { persona: await readPersona(relative(process.cwd(), brokenFile)) },
    });
    const transaction = await switchHost(stage, ['database', persona_id]);
    require(transaction.status ===
      'rolled_back', `the switch is ${transaction.status}, and its test cannot have succeeded`);
    for (const argv of traces) {
      const { status } = await lab.run(host.name, argv);
      require(status !== 0, `something is left of it: ${argv.join(' ')} succeeds`);
    }
    await readRow(stage);
    await settleHost(stage, ['database']);
    return [
      transaction.error?.message ?? 'failed',
      `rolled back in ${durationText(totalMs(transaction))}: no file, account or service of it is left, and ${hostId} still serves its row`,
    ];
  },
};
