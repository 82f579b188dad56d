import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { parseReference, publishedPersona } from '../remote/persona-reference.ts';
import { serverOptions } from '../remote/server-options.ts';
import { documentText } from '../render/document.ts';
import { table } from '../render/table.ts';

export const personaShow = defineCommand({
  operands: [{ name: 'PERSONA[@VERSION]', kind: 'persona' }],
  options: {
    versions: { type: 'boolean', summary: 'List its versions instead' },
    ...serverOptions,
  },
  examples: [
    { line: 'guise persona show web', why: 'the current version, with the text of the files it names' },
    { line: 'guise persona show web --versions', why: 'who published what, when' },
  ],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const reference = parseReference(text);
    if (options.versions) {
      const params = { persona_id: reference.personaId };
      const versions = await allPages((query) => client.listVersions({ params, query }));
      if (context.json) printJson(context, { versions });
      else {
        const rows = versions.map((each) => [
          String(each.version),
          each.current ? 'current' : '',
          each.published_at,
          each.published_by,
          each.signature?.signers.join(', ') ?? 'nobody',
          each.signature?.expires_at ?? '',
          each.digest,
        ]);
        const headings = ['version', '', 'published', 'by', 'signed by', 'until', 'digest'];
        for (const line of table(headings, rows, context.out)) context.out.line(line);
      }
      return 0;
    }
    const version = await publishedPersona(client, reference);
    if (context.json) printJson(context, version);
    else {
      const { out } = context;
      const parents = version.persona.ancestors.map(({ document }) => document.persona_id).join(', ');
      out.line(out.style.quiet(`# ${version.persona_id}@${version.version} ${version.digest}`));
      out.line(
        out.style.quiet(
          `# published ${version.published_at} by ${version.published_by}${parents === '' ? '' : `, on top of ${parents}`}`,
        ),
      );
      const { signature } = version;
      if (signature !== null)
        out.line(
          out.style.quiet(
            `# signed by ${signature.signers.join(', ')} until ${signature.expires_at}, payload ${signature.payload_digest}`,
          ),
        );
      // A file gets it as it is; a terminal must not be told what to do by it.
      if (out.isTty) out.line(documentText(version.persona.own.document).trimEnd());
      else out.write(documentText(version.persona.own.document));
    }
    return 0;
  },
});
