import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { writeNewEnvelopeFile } from '../trust/envelope-files.ts';
import { readKeyFile } from '../trust/key-files.ts';
import { printRoot } from '../trust/print-root.ts';
import { firstRoot } from '../trust/root-changes.ts';
import { lackOf, newRootFile } from '../trust/root-files.ts';
import { rootChangesOf, rootOptions } from '../trust/root-options.ts';

export const rootNew = defineCommand({
  operands: [],
  options: {
    organization: { type: 'string', value: 'NAME', summary: 'Whose root it is; part of everything signed under it' },
    key: {
      type: 'string',
      multiple: true,
      value: 'KEY',
      kind: 'key_file',
      summary: 'A key of the root: a private one signs now, a public one with guise root sign later',
    },
    out: { type: 'string', value: 'FILE', kind: 'file', summary: 'Where the root goes; default: root.json' },
    ...rootOptions,
  },
  notes: [
    'A root says whom hosts believe. Without --signer its own keys sign personas, too. --threshold is more than half of the root keys unless you say otherwise.',
    'Hosts pin the root when they enrol. Keep the keys of the root offline: they are needed for the next root alone.',
  ],
  examples: [
    { line: 'guise root new --organization acme --key alice.key', why: 'one key for everything' },
    {
      line: 'guise root new --organization acme --key root.key --signer alice.pub --signer bob.pub --signer production=alice.pub --signer production=bob.pub --signers-threshold production=2',
      why: 'either may sign, and for production both must',
    },
  ],
  async run(context, { options }) {
    const { organization, out: file = 'root.json' } = options;
    if (organization === undefined)
      throw new GuiseError('argument_invalid', 'Cannot make a root: --organization is missing');
    const rootKeys = options.key.map(readKeyFile);
    if (rootKeys.length === 0) throw new GuiseError('argument_invalid', 'Cannot make a root: --key is missing');
    const statement = firstRoot(
      organization,
      rootChangesOf(options, { rootKeys, removed: [], dropped: [] }, Date.now()),
    );
    const signing = rootKeys.flatMap((key) => key.signing ?? []);
    if (signing.length === 0) {
      throw new GuiseError('argument_invalid', 'Cannot make a root: none of its keys can sign; give one private key');
    }
    const { envelope } = await newRootFile(statement, signing);
    writeNewEnvelopeFile(file, envelope);
    printRoot(context, { file, envelope, statement, lack: await lackOf(envelope, null) });
    return 0;
  },
});
