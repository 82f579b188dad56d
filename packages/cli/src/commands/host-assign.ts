import type { Client } from '@guise/api';
import type { PersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { priorityFrom } from '../local/layers.ts';
import { openClient } from '../remote/open-client.ts';
import { parametersFrom } from '../remote/parameters-from.ts';
import { parseReference } from '../remote/persona-reference.ts';
import { serverOptions } from '../remote/server-options.ts';
import { switchHosts, waitOption } from '../remote/switch-hosts.ts';
import { parseTarget, type Target } from '../remote/target.ts';

export const hostAssign = defineCommand({
  operands: [
    { name: 'TARGET', kind: 'host' },
    { name: 'PERSONA[@VERSION]', kind: 'persona' },
  ],
  options: {
    param: { type: 'string', multiple: true, value: 'NAME=VALUE', summary: 'A parameter of the persona' },
    priority: { type: 'string', value: 'NUMBER', summary: "Priority, 0 to 1000 (default: the persona's own)" },
    as: { type: 'string', value: 'INSTANCE', summary: 'Name of the instance (default: the persona_id)' },
    ...waitOption,
    ...serverOptions,
  },
  notes: [
    'TARGET is a host, a tag such as role=web for every host that has it, or group:NAME. Without VERSION it follows the current one.',
    'Waits for the hosts. Exit code: 0 all done, 1 one failed and rolled back or is away, 3 refused, 4 one could not be rolled back.',
  ],
  examples: [
    { line: 'guise host assign h1 web', why: 'make h1 a web server and see it done' },
    { line: 'guise host assign role=web hardened@3 --no-wait', why: 'pin version 3 on every web server, and go on' },
  ],
  async run(context, { operands: [targetText = '', personaText = ''], options }) {
    const client = openClient(context, options);
    const target = parseTarget(targetText);
    const { personaId, version } = parseReference(personaText);
    const body = {
      parameters: await parametersFrom(client, personaId, options.param),
      ...(version === null ? {} : { version }),
      ...(options.as === undefined ? {} : { instance: options.as }),
      ...(options.priority === undefined ? {} : { priority: priorityFrom(options.priority) }),
    };
    return switchHosts(context, client, target, options.noWait, () => assign(client, target, personaId, body));
  },
});

type Terms = NonNullable<NonNullable<Parameters<Client['assignToHost']>[0]>['body']>;

async function assign(client: Client, target: Target, persona_id: PersonaId, body: Terms): Promise<void> {
  switch (target.type) {
    case 'host':
      await client.assignToHost({ params: { host_id: target.hostId, persona_id }, body });
      return;
    case 'tag':
      await client.assignToTag({ params: { tag: target.tag, persona_id }, body });
      return;
    case 'group':
      await client.assignToGroup({ params: { group: target.group, persona_id }, body });
  }
}
