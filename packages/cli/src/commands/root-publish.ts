import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { readEnvelopeFile } from '../trust/envelope-files.ts';

export const rootPublish = defineCommand({
  operands: [{ name: 'ROOT', kind: 'file' }],
  options: serverOptions,
  notes: [
    'It must follow the root that the control plane has, signed by enough keys of both. Every host verifies that too before it goes by it.',
    'What was signed by keys that are no longer in it must be signed and published again before hosts take anything new with it.',
  ],
  examples: [{ line: 'guise root publish root-2.json', why: 'after guise root next and its signatures' }],
  async run(context, { operands: [file = ''], options }) {
    const envelope = readEnvelopeFile(file);
    const root = await openClient(context, options).putRoot({ body: { envelope } });
    if (context.json) printJson(context, root);
    else context.out.line(`root ${root.version} of ${root.organization} is the one that hosts go by`);
    return 0;
  },
});
