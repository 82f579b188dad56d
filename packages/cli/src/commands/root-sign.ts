import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { addSignatures } from '../trust/add-signatures.ts';
import { writeEnvelopeFile } from '../trust/envelope-files.ts';
import { readSigningKey } from '../trust/key-files.ts';
import { printRoot } from '../trust/print-root.ts';
import { lackOf, readRootFile, trustRootFile } from '../trust/root-files.ts';

export const rootSign = defineCommand({
  operands: [{ name: 'ROOT', kind: 'file' }],
  options: {
    key: { type: 'string', multiple: true, value: 'KEY', kind: 'key_file', summary: 'A private key that signs' },
    previous: {
      type: 'string',
      value: 'ROOT',
      kind: 'file',
      summary: 'The root before, to see whether enough of its keys signed',
    },
  },
  notes: ['Adds signatures to ROOT in place. Look at it first: guise root show ROOT.'],
  examples: [
    { line: 'guise root sign root-2.json --key bob.key --previous root.json', why: 'bob agrees to the next root' },
  ],
  async run(context, { operands: [file = ''], options }) {
    const { envelope, statement } = await readRootFile(file);
    const keys = options.key.map(readSigningKey);
    if (keys.length === 0) throw new GuiseError('argument_invalid', 'Cannot sign: --key is missing');
    const stranger = keys.find(({ keyId }) => !statement.keys.some(({ keyid }) => keyid === keyId));
    if (stranger !== undefined) {
      throw new GuiseError('signature_missing', `Cannot sign ${file}: ${stranger.name} is no key of this root`);
    }
    const previous = options.previous === undefined ? null : await trustRootFile(options.previous);
    const signed = addSignatures(
      envelope,
      keys.map(({ signing }) => signing),
    );
    writeEnvelopeFile(file, signed);
    printRoot(context, { file, envelope: signed, statement, lack: await lackOf(signed, previous) });
    return 0;
  },
});
