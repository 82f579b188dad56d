/** Changes what hosts are assigned and, unless told otherwise, waits for what comes of it. */
import type { Client } from '@guise/api';
import type { OptionTable } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { ProgressLine } from '../render/progress.ts';
import { count } from '../render/text.ts';
import { awaitHosts, standingOf } from './await-hosts.ts';
import { printHostOutcomes } from './print-host-outcomes.ts';
import { hostsOf, type Target } from './target.ts';

export const waitOption = {
  noWait: { type: 'boolean', summary: 'Return as soon as the control plane has it' },
} as const satisfies OptionTable;

export async function switchHosts(
  context: Context,
  client: Client,
  target: Target,
  noWait: boolean,
  change: () => Promise<void>,
): Promise<ExitCode> {
  const hosts = await hostsOf(client, target);
  if (noWait) {
    await change();
    if (context.json) printJson(context, { hosts: hosts.map((host_id) => ({ host_id, outcome: 'accepted' })) });
    else context.out.line(`Accepted for ${count(hosts.length, 'host')}.`);
    return 0;
  }
  const since = await standingOf(client, hosts);
  await change();
  const progress = new ProgressLine(context.err);
  const outcomes = await awaitHosts(client, since, {
    tell: (line) => {
      if (!context.json) progress.show(line);
    },
  });
  progress.clear();
  return printHostOutcomes(outcomes, context);
}
