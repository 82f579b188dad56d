import { GuiseError } from '@guise/model';
import { usableKeyCheck } from '@guise/trust/usable-key';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { publicKeyLine, readKeyFile } from '../trust/key-files.ts';

export const keyShow = defineCommand({
  operands: [{ name: 'FILE', kind: 'key_file' }],
  options: {},
  notes: [
    'Prints the public half as NAME.pub has it, also of a private key: that is how a lost NAME.pub is made again.',
  ],
  examples: [{ line: 'guise key show alice.key > alice.pub', why: 'the public half of a private key' }],
  async run(context, { operands: [file = ''] }) {
    const key = readKeyFile(file);
    if (!(await usableKeyCheck())(key.publicKey)) {
      throw new GuiseError('key_invalid', `Cannot use ${file}: others than its owner could sign with this key`);
    }
    const { name, keyId, publicKey, signing } = key;
    if (context.json) printJson(context, { name, keyid: keyId, public: publicKey, private: signing !== null });
    else context.out.line(publicKeyLine(key));
    return 0;
  },
});
