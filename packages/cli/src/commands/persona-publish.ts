import { defineCommand } from '../command.ts';
import { readPersona } from '../local/read-persona.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const personaPublish = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file', repeated: true }],
  options: serverOptions,
  notes: [
    'A file is a persona, or a signed one as guise persona sign makes it, whose version its signers chose. All files are read and checked before the first is published. A file that has not changed keeps its version.',
  ],
  examples: [
    { line: 'guise persona publish personas/*.yaml', why: 'a new version of every persona that changed' },
    { line: 'guise persona publish web.signed.json', why: 'the version that its authors signed' },
  ],
  async run(context, { operands, options }) {
    const publications = [];
    for (const file of operands) publications.push(await publicationOf(file));
    const client = openClient(context, options);
    const published = [];
    for (const publication of publications) {
      const version = await client.publishPersona({ body: publication });
      published.push(version);
      if (!context.json) context.out.line(`${version.persona_id}@${version.version} ${version.digest}`);
    }
    if (context.json) printJson(context, { published });
    return 0;
  },
});

async function publicationOf(file: string) {
  const { looksLikeEnvelope, readEnvelopeFile } = await import('../trust/envelope-files.ts');
  if (!looksLikeEnvelope(file)) return { persona: await readPersona(file) };
  const { unverifiedPersona } = await import('@guise/decide/trust');
  const envelope = readEnvelopeFile(file);
  unverifiedPersona(envelope);
  return { envelope };
}
