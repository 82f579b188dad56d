import type { Client } from '@guise/api';
import { GuiseError, type HostId, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { holdText } from '../render/candidates.ts';

export const hostHold = defineCommand({
  operands: [
    { name: 'HOST', kind: 'host' },
    { name: 'PERSONA', kind: 'persona', optional: true },
  ],
  options: {
    for: { type: 'string', value: 'DURATION', summary: 'How long, such as 90s, 30m, 2h or 1d' },
    until: { type: 'string', value: 'TIME', summary: 'Until when, such as 2026-12-24T18:00:00Z' },
    reason: { type: 'string', value: 'TEXT', summary: 'Why; it is shown wherever the hold is' },
    inactive: { type: 'boolean', summary: 'Hold it inactive (default: active)' },
    baseline: { type: 'boolean', summary: 'Instead of PERSONA: hold every persona inactive' },
    release: { type: 'string', value: 'ID', summary: 'End this hold now' },
    ...serverOptions,
  },
  notes: [
    'PERSONA is the name of an instance there. A hold outranks triggers and ends by itself. Without PERSONA, --baseline or --release: list the holds.',
  ],
  examples: [
    { line: 'guise host hold h1 burst --for 2h --reason "load test"', why: 'burst is active on h1 for two hours' },
    { line: 'guise host hold h1 night --inactive --for 1d --reason "release"', why: 'night stays away for a day' },
    { line: 'guise host hold h1 --baseline --for 30m --reason "what is it?"', why: 'h1 as it was before guise' },
    { line: 'guise host hold h1', why: 'who holds what there, and until when' },
    { line: 'guise host hold h1 --release 0b6c…', why: 'end one of them now' },
  ],
  async run(context, { operands: [text = '', instance], options }) {
    const { release, inactive, baseline, server, token, ...terms } = options;
    const hostId = parseHostId(text);
    const isListing = instance === undefined && !baseline;
    if (release !== undefined && !isListing) throw invalid('Cannot use --release with a persona: it names a hold');
    if (isListing && (inactive || Object.values(terms).some((value) => value !== undefined)))
      throw invalid('Cannot tell what to hold: name a PERSONA, or --baseline for all of them');
    const request = isListing ? null : requestFrom(instance ?? null, { ...terms, inactive, baseline });
    const client = openClient(context, { server, token });
    if (release !== undefined) {
      await client.deleteHold({ params: { host_id: hostId, hold_id: release } });
      if (context.json) printJson(context, { released: release });
      else context.out.line(`${hostId}: released`);
      return 0;
    }
    const answer =
      request === null
        ? await client.listHolds({ params: { host_id: hostId } })
        : { holds: [await createdHold(client, hostId, request)] };
    if (context.json) printJson(context, request === null ? answer : answer.holds[0]);
    else if (answer.holds.length === 0) context.out.line(context.out.style.quiet('Nothing is held there.'));
    else for (const hold of answer.holds) context.out.line(`${hostId}: ${holdText(hold)}`);
    return 0;
  },
});

type HoldRequest = Parameters<Client['createHold']>[0]['body'];

interface Terms {
  readonly for: string | undefined;
  readonly until: string | undefined;
  readonly reason: string | undefined;
  readonly inactive: boolean;
  readonly baseline: boolean;
}

function requestFrom(instance: string | null, terms: Terms): HoldRequest {
  if (instance !== null && terms.baseline) throw invalid('Cannot use --baseline with a persona: it means all of them');
  if (terms.reason === undefined) throw invalid('Cannot hold without --reason: others will want to know');
  if (terms.for === undefined && terms.until === undefined)
    throw invalid('Cannot hold without an end: give --for DURATION or --until TIME');
  if (terms.for !== undefined && terms.until !== undefined)
    throw invalid('Cannot use --for and --until together: a hold has one end');
  return {
    instance,
    effect: terms.inactive || terms.baseline ? 'inactive' : 'active',
    reason: terms.reason,
    ...(terms.for === undefined ? {} : { for: terms.for }),
    ...(terms.until === undefined ? {} : { until: terms.until }),
  };
}

function createdHold(client: Client, host_id: HostId, body: HoldRequest) {
  return client.createHold({ params: { host_id }, body });
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', message);
}
