import { checkPersona } from '@guise/decide';
import { GuiseError, type Problem } from '@guise/model';
import { defineCommand } from '../command.ts';
import { readPersona } from '../local/read-persona.ts';
import { printJson } from '../print-json.ts';
import { errorLines } from '../render/error.ts';

type Verdict =
  | { readonly file: string; readonly valid: true; readonly persona_id: string }
  | { readonly file: string; readonly valid: false; readonly message: string; readonly problems: readonly Problem[] };

export const personaValidate = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file', repeated: true }],
  options: {},
  notes: [
    'Reads parents and files that the personas name, too, and checks triggers as publishing does. Exit code: 0 when all are right, 2 when one is not.',
  ],
  examples: [{ line: 'guise persona validate personas/*.yaml', why: 'check a library, in CI or before a commit' }],
  async run(context, { operands }) {
    const verdicts: Verdict[] = [];
    for (const file of operands) {
      const verdict = await verdictOn(file);
      verdicts.push(verdict);
      if (context.json) continue;
      if (verdict.valid) context.out.line(`${context.out.style.added('ok')} ${file} (${verdict.persona_id})`);
      else {
        const error = new GuiseError('document_invalid', verdict.message, { problems: verdict.problems });
        for (const line of errorLines(error, context.err.style, { showStack: false })) context.err.line(line);
      }
    }
    if (context.json) printJson(context, { personas: verdicts });
    return verdicts.every(({ valid }) => valid) ? 0 : 2;
  },
});

async function verdictOn(file: string): Promise<Verdict> {
  try {
    const persona = await readPersona(file);
    await checkPersona(persona);
    return { file, valid: true, persona_id: persona.own.document.persona_id };
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return { file, valid: false, message: error.message, problems: error.problems };
  }
}
