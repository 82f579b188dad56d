import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { writeNewKey } from '../trust/key-files.ts';

export const keyNew = defineCommand({
  operands: [{ name: 'NAME', kind: 'text' }],
  options: {
    out: {
      type: 'string',
      value: 'DIR',
      summary: 'Folder for NAME.key and NAME.pub, made when it is missing; default: this one',
    },
  },
  notes: [
    'NAME.key is the private half: whoever has it signs as NAME. Keep it, and a copy of it, where nobody else reads; nothing else has it. NAME.pub is for everybody. Files that are there already are never written over.',
  ],
  examples: [{ line: 'guise key new alice --out ~/keys', why: 'a key that signs personas' }],
  async run(context, { operands: [name = ''], options }) {
    const { key, files } = writeNewKey(options.out ?? '.', name);
    if (context.json) printJson(context, { name, keyid: key.keyId, public: key.publicKey, files });
    else {
      context.out.line(`${name} ${key.keyId}`);
      for (const file of files) context.out.line(`  ${file}`);
    }
    return 0;
  },
});
