import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { writeNewEnvelopeFile } from '../trust/envelope-files.ts';
import { readKeyFile, readSigningKey } from '../trust/key-files.ts';
import { printRoot } from '../trust/print-root.ts';
import { nextRoot } from '../trust/root-changes.ts';
import { lackOf, newRootFile, readRootFile, trustRoot } from '../trust/root-files.ts';
import { rootChangesOf, rootOptions } from '../trust/root-options.ts';
import { parseScope } from '../trust/scoped.ts';

export const rootNext = defineCommand({
  operands: [{ name: 'ROOT', kind: 'file' }],
  options: {
    key: {
      type: 'string',
      multiple: true,
      value: 'KEY',
      kind: 'key_file',
      summary: 'A private key of the root before or of the new one that signs now',
    },
    rootKey: {
      type: 'string',
      multiple: true,
      value: 'KEY',
      kind: 'key_file',
      summary: 'A key that signs roots from now on; a private one signs now',
    },
    remove: { type: 'string', multiple: true, value: 'NAME', summary: 'A key that signs nothing from now on' },
    drop: {
      type: 'string',
      multiple: true,
      value: 'ENV[/CATEGORY]',
      summary: 'A rule that ends: what it was about falls under a less specific one',
    },
    out: { type: 'string', value: 'FILE', kind: 'file', summary: 'Where the next root goes; default: root-N.json' },
    ...rootOptions,
  },
  notes: [
    'Enough keys of ROOT and enough of the next root must sign it; guise root sign adds what is missing. Thresholds stay as they are unless said.',
    'A key that is removed from the root stays listed in the next one, without a say, so that its signature there can be verified.',
  ],
  examples: [
    {
      line: 'guise root next root.json --key root.key --signer carol.pub --remove bob',
      why: 'carol comes, bob leaves',
    },
    {
      line: 'guise root next root.json --key root.key --root-key root-2027.key --remove root',
      why: 'a new key for the root itself',
    },
  ],
  async run(context, { operands: [before = ''], options }) {
    const old = await readRootFile(before);
    const previous = await trustRoot(old.envelope, null);
    const rootKeys = options.rootKey.map(readKeyFile);
    const statement = nextRoot(
      old.statement,
      rootChangesOf(options, { rootKeys, removed: options.remove, dropped: options.drop.map(parseScope) }, Date.now()),
    );
    const signing = [...options.key.map(readSigningKey), ...rootKeys].flatMap(({ signing: key }) => key ?? []);
    if (signing.length === 0) throw new GuiseError('argument_invalid', 'Cannot make the next root: --key is missing');
    const listed = new Set(statement.keys.map(({ keyid }) => keyid));
    if (!signing.every(({ keyId }) => listed.has(keyId))) {
      throw new GuiseError('signature_missing', 'Cannot make the next root: a key that should sign is in neither root');
    }
    const { envelope } = await newRootFile(statement, signing);
    const file = options.out ?? `root-${statement.version}.json`;
    writeNewEnvelopeFile(file, envelope);
    printRoot(context, { file, envelope, statement, lack: await lackOf(envelope, previous) });
    return 0;
  },
});
