import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { candidateLines, holdText } from '../render/candidates.ts';
import { agentText } from '../render/host-agent.ts';
import { standingText } from '../render/host-standing.ts';
import { layerText } from '../render/plan.ts';
import { printable } from '../render/text.ts';
import { statusText } from '../render/transaction.ts';

export const hostShow = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: serverOptions,
  examples: [{ line: 'guise host show h1', why: 'what h1 is, what it should be, and whether it is that yet' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const params = { host_id: parseHostId(text) };
    const [host, { state, reported_at, candidates, holds }] = await Promise.all([
      client.getHost({ params }),
      client.getHostState({ params }),
    ]);
    if (context.json) {
      printJson(context, { ...host, reported_at, state, candidates, holds });
      return 0;
    }
    const { out } = context;
    const applied =
      host.applied_generation === host.desired.generation
        ? 'applied'
        : `generation ${host.applied_generation ?? 'none'} applied`;
    out.line(
      `${out.style.heading(host.host_id)}: ${agentText(host)}${host.connected ? '' : `, last seen ${host.last_seen_at ?? 'never'}`}`,
    );
    out.line(
      `  tags: ${
        Object.entries(host.tags)
          .map(([key, value]) => `${key}=${value}`)
          .join(' ') || 'none'
      }`,
    );
    out.line(`  ${standingText(host)}`);
    if (host.reason !== null) out.line(out.style.removed(`  ${printable(host.reason)}`));
    out.line(`  groups: ${host.groups.join(' ') || 'none'}`);
    out.line(
      `  desired: generation ${host.desired.generation}, ${applied}${host.desired.suspended ? ', rolled back by hand' : ''}`,
    );
    for (const layer of host.desired.layers)
      out.line(`    ${layerText(layer)}, assigned by ${printable(layer.assigned_by)}`);
    if (host.outcome?.error)
      out.line(
        out.style.removed(`  generation ${host.outcome.generation} failed: ${printable(host.outcome.error.message)}`),
      );
    if (host.desired.refused !== null) out.line(out.style.removed(`  refused: ${printable(host.desired.refused)}`));
    out.line(`  active: ${state?.active.map(layerText).join('; ') || 'none'}`);
    if (candidates.length > 0) out.line('  candidates:');
    for (const line of candidateLines(candidates, out)) out.line(`    ${line}`);
    for (const hold of holds) out.line(out.style.changed(`  ${holdText(hold)}`));
    if (state?.last_transaction)
      out.line(
        `  last switch: ${statusText(state.last_transaction.status)} (transaction ${state.last_transaction.id})`,
      );
    for (const [name, value] of Object.entries(host.facts))
      out.line(out.style.quiet(`  ${printable(`${name}: ${value}`)}`));
    return 0;
  },
});
