import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { awaitActivation } from '../remote/await-activation.ts';
import { openClient } from '../remote/open-client.ts';
import { parametersFrom } from '../remote/persona-parameters.ts';
import { parseReference } from '../remote/persona-reference.ts';
import { serverOptions } from '../remote/server-options.ts';
import { activationLine, tryLines } from '../render/activation.ts';

export const activate = defineCommand({
  operands: [
    { name: 'POOL', kind: 'pool' },
    { name: 'PERSONA[@VERSION]', kind: 'persona' },
  ],
  options: {
    tenant: { type: 'string', value: 'NAME', summary: 'For whom; tenants share a host while it has room' },
    param: { type: 'string', multiple: true, value: 'NAME=VALUE', summary: 'A parameter of the persona' },
    as: {
      type: 'string',
      value: 'INSTANCE',
      summary: 'Name of the instance (default: the persona_id, and PERSONA-TENANT for a tenant)',
    },
    tags: { type: 'string', value: 'SELECTOR', summary: 'Only on hosts with these tags, such as disk=ssd,env!=prod' },
    share: { type: 'boolean', summary: 'May be on a host with others who may; so it is for tenants' },
    wait: { type: 'boolean', summary: 'Wait until it is in service, or failed' },
    ...serverOptions,
  },
  notes: [
    'Takes the idle host that fits closest, and the next one when it fails there. A host that is ready for just this is in service at once.',
    'Exit code with --wait: 0 in service, 1 no host could be put into service.',
  ],
  examples: [
    { line: 'guise activate edge web --wait', why: 'one more web server, as soon as it serves' },
    {
      line: 'guise activate apps tenant-app --tenant red --param port=8101',
      why: 'the application for the tenant red',
    },
  ],
  async run(context, { operands: [pool_id = '', reference = ''], options: { server, token, ...options } }) {
    const client = openClient(context, { server, token });
    const { personaId, version } = parseReference(reference);
    const { tenant, as: instance, tags: selector, share, wait } = options;
    const body = {
      persona_id: personaId,
      parameters: await parametersFrom(client, personaId, options.param),
      ...(version === null ? {} : { version }),
      ...(tenant === undefined ? {} : { tenant }),
      ...(instance === undefined ? {} : { instance }),
      ...(selector === undefined ? {} : { selector }),
      ...(share ? { share } : {}),
    };
    const asked = await client.createActivation({ params: { pool_id }, body });
    const activation = wait ? await awaitActivation(context, client, asked) : asked;
    if (context.json) printJson(context, activation);
    else {
      context.out.line(activationLine(activation));
      if (activation.state === 'failed')
        for (const line of tryLines(activation)) context.out.line(context.out.style.removed(`  ${line}`));
    }
    return activation.state === 'failed' ? 1 : 0;
  },
});
