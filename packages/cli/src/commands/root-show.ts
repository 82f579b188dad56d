import { defineCommand } from '../command.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { printRoot } from '../trust/print-root.ts';
import { checkedRoot, lackOf, readRootFile, trustRootFile } from '../trust/root-files.ts';

export const rootShow = defineCommand({
  operands: [{ name: 'ROOT', kind: 'file', optional: true }],
  options: {
    previous: {
      type: 'string',
      value: 'ROOT',
      kind: 'file',
      summary: 'The root before, to see whether enough of its keys signed',
    },
    ...serverOptions,
  },
  notes: ['Without a file, the root that the control plane has. Exit code: 0 when enough keys signed it, 3 when not.'],
  examples: [
    { line: 'guise root show root.json', why: 'who signs what' },
    { line: 'guise root show', why: 'whose signatures the hosts of this control plane believe' },
  ],
  async run(context, { operands: [file], options }) {
    const root =
      file === undefined
        ? await checkedRoot((await openClient(context, options).getRoot()).envelope)
        : await readRootFile(file);
    const previous = options.previous === undefined ? null : await trustRootFile(options.previous);
    const lack = await lackOf(root.envelope, previous);
    printRoot(context, { file: file ?? null, ...root, lack });
    return lack === null ? 0 : 3;
  },
});
