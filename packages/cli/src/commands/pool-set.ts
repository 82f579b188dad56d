import { GuiseError, parsePersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { parametersFrom } from '../remote/persona-parameters.ts';
import { serverOptions } from '../remote/server-options.ts';
import { readyText } from '../render/pool.ts';

export const poolSet = defineCommand({
  operands: [{ name: 'POOL', kind: 'pool' }],
  options: {
    warm: { type: 'string', value: 'COUNT', summary: 'How many idle hosts are kept ready; 0 for none' },
    persona: { type: 'string', kind: 'persona', value: 'PERSONA', summary: 'With what they are ready' },
    param: { type: 'string', multiple: true, value: 'NAME=VALUE', summary: 'A parameter of that persona' },
    ...serverOptions,
  },
  notes: ['A host that is ready is in service at once when just that is activated.'],
  examples: [
    { line: 'guise pool set edge --warm 2 --persona web', why: 'two hosts are always ready to be web servers' },
    { line: 'guise pool set edge --warm 0', why: 'none is kept ready' },
  ],
  async run(context, { operands: [pool_id = ''], options: { warm: text, persona, param, ...options } }) {
    const client = openClient(context, options);
    const warm = warmFrom(text);
    const persona_id = persona === undefined ? undefined : parsePersonaId(persona);
    if (persona_id === undefined && param.length > 0)
      throw new GuiseError(
        'argument_invalid',
        'Cannot use --param without --persona: parameters are those of a persona',
      );
    const policy = {
      warm,
      ...(persona_id === undefined ? {} : { persona_id, parameters: await parametersFrom(client, persona_id, param) }),
    };
    const pool = await client.putPool({ params: { pool_id }, body: { policy } });
    if (context.json) printJson(context, pool);
    else context.out.line(`${pool.pool_id}: ${readyText(pool) || 'no host is kept ready'}`);
    return 0;
  },
});

function warmFrom(text: string | undefined): number {
  if (text !== undefined && /^\d{1,6}$/.test(text)) return Number(text);
  const found = text === undefined ? 'missing' : JSON.stringify(text);
  throw new GuiseError('argument_invalid', `Cannot set the pool: --warm must be a count of hosts, and it is ${found}`);
}
