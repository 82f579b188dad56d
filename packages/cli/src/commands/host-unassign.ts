import type { Client } from '@guise/api';
import { type PersonaId, parsePersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { switchHosts, waitOption } from '../remote/switch-hosts.ts';
import { parseTarget, type Target } from '../remote/target.ts';

export const hostUnassign = defineCommand({
  operands: [
    { name: 'TARGET', kind: 'host' },
    { name: 'PERSONA', kind: 'persona' },
  ],
  options: {
    as: { type: 'string', value: 'INSTANCE', summary: 'Name of the instance (default: the persona_id)' },
    ...waitOption,
    ...serverOptions,
  },
  notes: ['TARGET is what it was assigned to: a host, a tag such as role=web, or group:NAME.'],
  examples: [{ line: 'guise host unassign h1 web', why: 'h1 becomes what its other personas say, or its baseline' }],
  async run(context, { operands: [targetText = '', personaText = ''], options }) {
    const client = openClient(context, options);
    const target = parseTarget(targetText);
    const query = options.as === undefined ? {} : { instance: options.as };
    return switchHosts(context, client, target, options.noWait, () =>
      unassign(client, target, parsePersonaId(personaText), query),
    );
  },
});

async function unassign(
  client: Client,
  target: Target,
  persona_id: PersonaId,
  query: { readonly instance?: string },
): Promise<void> {
  switch (target.type) {
    case 'host':
      return client.unassignFromHost({ params: { host_id: target.hostId, persona_id }, query });
    case 'tag':
      return client.unassignFromTag({ params: { tag: target.tag, persona_id }, query });
    case 'group':
      return client.unassignFromGroup({ params: { group: target.group, persona_id }, query });
  }
}
