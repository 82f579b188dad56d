import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { ProgressLine } from '../render/progress.ts';

export const auditExport = defineCommand({
  operands: [],
  options: {
    out: { type: 'string', value: 'FILE', summary: 'Where to write it; what is there is replaced' },
    ...serverOptions,
  },
  notes: [
    'One line of JSON for each entry, up to the newest checkpoint, with all checkpoints and the key that signed them. What is written can be verified without the control plane: guise audit verify FILE.',
  ],
  examples: [{ line: 'guise audit export --out audit.ndjson', why: 'the whole log, to keep elsewhere' }],
  async run(context, { options: { out, ...server } }) {
    if (out === undefined) throw new GuiseError('argument_invalid', 'Cannot export without --out FILE');
    const { writeExport } = await import('../audit/write-export.ts');
    const progress = new ProgressLine(context.err);
    const exported = await writeExport(openClient(context, server), out, (line) => progress.show(line));
    progress.clear();
    if (context.json) printJson(context, exported);
    else
      context.out.line(
        `${exported.entries} entries and ${exported.checkpoints} checkpoints of ${exported.origin} are in ${exported.file}; they are signed by ${exported.key}`,
      );
    return 0;
  },
});
