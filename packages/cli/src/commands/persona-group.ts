import { GuiseError, parsePersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const personaGroup = defineCommand({
  operands: [
    { name: 'GROUP', kind: 'text', optional: true },
    { name: 'PERSONA', kind: 'persona', optional: true, repeated: true },
  ],
  options: {
    none: { type: 'boolean', summary: 'Instead of PERSONA: only those whose document names the group' },
    ...serverOptions,
  },
  notes: [
    'With PERSONA: exactly these, beside those whose document names the group. Every host with the tag persona_group=GROUP has them as candidates.',
  ],
  examples: [
    { line: 'guise persona group edge web lockdown', why: 'what hosts with the tag persona_group=edge may be' },
    { line: 'guise persona group', why: 'every group with its personas' },
  ],
  async run(context, { operands: [group, ...names], options: { none, ...options } }) {
    const isChange = none || names.length > 0;
    if (none && (names.length > 0 || group === undefined))
      throw new GuiseError('argument_invalid', 'Cannot use --none here: it goes with a GROUP and no PERSONA');
    const personas = names.map(parsePersonaId);
    const client = openClient(context, options);
    if (isChange && group !== undefined) await client.putPersonaGroup({ params: { group }, body: { personas } });
    const all = await allPages((query) => client.listPersonaGroups({ query }));
    const groups = group === undefined ? all : all.filter((each) => each.group === group);
    if (context.json) printJson(context, { groups });
    else if (groups.length === 0)
      context.out.line(group === undefined ? context.out.style.quiet('No persona is in a group.') : `${group}: none`);
    else for (const each of groups) context.out.line(`${each.group}: ${each.personas.join(' ')}`);
    return 0;
  },
});
