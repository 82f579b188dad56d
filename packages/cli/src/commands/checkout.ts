import { GuiseError, parseHostId, parsePersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { priorityFrom } from '../local/layers.ts';
import { awaitCheckout, isWaiting, printCheckout, waitingOptions } from '../remote/checkouts.ts';
import { openClient } from '../remote/open-client.ts';
import { parametersFrom } from '../remote/persona-parameters.ts';
import { parseReference } from '../remote/persona-reference.ts';
import { serverOptions } from '../remote/server-options.ts';

export const checkout = defineCommand({
  operands: [{ name: 'HOST', kind: 'host', optional: true }],
  options: {
    persona: {
      type: 'string',
      value: 'ID[@VERSION]',
      kind: 'persona',
      summary: 'What the host is to be (default: nothing)',
    },
    category: { type: 'string', value: 'CATEGORY', summary: 'Any persona of this category that the host can be' },
    select: { type: 'string', value: 'TAGS', summary: 'Any host with these tags, such as purpose=lab,env!=prod' },
    param: { type: 'string', multiple: true, value: 'NAME=VALUE', summary: 'A parameter of the persona' },
    for: { type: 'string', value: 'DURATION', summary: 'How long, such as 4h' },
    reason: { type: 'string', value: 'TEXT', summary: 'What for' },
    at: { type: 'string', value: 'TIME', summary: 'Book it from then on, such as 2026-12-01T08:00:00Z' },
    priority: { type: 'string', value: 'NUMBER', summary: 'Place in the queue, 0 to 1000 (default: 50)' },
    queue: { type: 'boolean', summary: 'Wait for HOST when somebody has it, instead of being refused' },
    tests: { type: 'boolean', summary: "Run the persona's tests, and keep what they say" },
    ...waitingOptions,
    ...serverOptions,
  },
  notes: [
    'With neither HOST nor --select, any host that you may have. Without HOST it waits for one to be free. The host comes back exactly as it was when you check it in, or when the time is over.',
    'Exit code: 0 ready (or accepted), 1 it failed and the host is as it was, 3 somebody else has the host, 4 the host is quarantined.',
  ],
  examples: [
    { line: 'guise checkout h1 --persona performance-testing --for 4h --reason "load test"', why: 'h1 for four hours' },
    {
      line: 'guise checkout --select purpose=lab --category database --for 1h --reason demo',
      why: 'any lab host as a database',
    },
    {
      line: 'guise checkout h1 --for 2h --reason patching --at 2026-12-01T08:00:00Z',
      why: 'book h1, as nothing, for a morning',
    },
  ],
  async run(context, { operands: [hostText], options }) {
    const client = openClient(context, options);
    const { select, category, at, priority, queue, tests } = options;
    const waits = isWaiting(context, options);
    if (options.persona === undefined && options.param.length > 0)
      throw new GuiseError('argument_invalid', 'Cannot use --param without --persona: parameters are of a persona');
    const persona = options.persona === undefined ? null : parseReference(options.persona);
    const asked = await client.requestCheckout({
      body: {
        for: given(options.for, '--for', 'how long'),
        reason: given(options.reason, '--reason', 'what for'),
        tests,
        ...(hostText === undefined ? {} : { host_id: parseHostId(hostText) }),
        ...(select === undefined ? {} : { select }),
        ...(category === undefined ? {} : { category }),
        ...(persona === null ? {} : { persona_id: parsePersonaId(persona.personaId) }),
        ...(persona?.version == null ? {} : { version: persona.version }),
        ...(persona === null || options.param.length === 0
          ? {}
          : { parameters: await parametersFrom(client, persona.personaId, options.param) }),
        ...(at === undefined ? {} : { starts_at: at }),
        ...(priority === undefined ? {} : { priority: priorityFrom(priority) }),
        ...(queue ? { wait: true } : {}),
      },
    });
    if (!waits || at !== undefined) return printCheckout(context, asked);
    return printCheckout(context, await awaitCheckout(context, client, asked, 'out'));
  },
});

function given(value: string | undefined, flag: string, what: string): string {
  if (value !== undefined) return value;
  throw new GuiseError('argument_invalid', `Cannot check out a host without ${flag}: say ${what}`);
}
