import { GuiseError, parsePersonaId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const personaRollback = defineCommand({
  operands: [{ name: 'PERSONA', kind: 'persona' }],
  options: {
    to: { type: 'string', value: 'N', summary: 'The older version that becomes the current one' },
    statement: {
      type: 'string',
      value: 'FILE',
      kind: 'file',
      summary: 'The signed permission, as guise persona sign-rollback makes it',
    },
    ...serverOptions,
  },
  notes: [
    'Hosts go back by a signed permission alone: those that it names, once. A control plane with a development root signs one itself.',
    'Assignments that pin a version keep it.',
  ],
  examples: [
    {
      line: 'guise persona rollback web --to 2 --statement web.back.json',
      why: 'the hosts in web.back.json go back to version 2',
    },
  ],
  async run(context, { operands: [text = ''], options }) {
    const to = Number(options.to);
    if (options.to === undefined || !/^[1-9]\d{0,8}$/.test(options.to))
      throw new GuiseError('argument_invalid', 'Cannot go back: --to must be the number of a version, such as 2');
    const client = openClient(context, options);
    const answer = await client.rollbackPersona({
      params: { persona_id: parsePersonaId(text) },
      body: { to, ...(options.statement === undefined ? {} : { statement: await statementIn(options.statement) }) },
    });
    if (context.json) printJson(context, answer);
    else context.out.line(`${answer.persona_id}@${answer.version} is the current version`);
    return 0;
  },
});

async function statementIn(file: string) {
  const { readEnvelopeFile } = await import('../trust/envelope-files.ts');
  return readEnvelopeFile(file);
}
