import { defineCommand } from '../command.ts';
import { printRoot } from '../trust/print-root.ts';
import { lackOf, readRootFile, trustRootFile } from '../trust/root-files.ts';

export const rootShow = defineCommand({
  operands: [{ name: 'ROOT', kind: 'file' }],
  options: {
    previous: {
      type: 'string',
      value: 'ROOT',
      kind: 'file',
      summary: 'The root before, to see whether enough of its keys signed',
    },
  },
  notes: ['Exit code: 0 when enough keys signed it, 3 when not.'],
  examples: [{ line: 'guise root show root.json', why: 'who signs what' }],
  async run(context, { operands: [file = ''], options }) {
    const root = await readRootFile(file);
    const previous = options.previous === undefined ? null : await trustRootFile(options.previous);
    const lack = await lackOf(root.envelope, previous);
    printRoot(context, { file, ...root, lack });
    return lack === null ? 0 : 3;
  },
});
