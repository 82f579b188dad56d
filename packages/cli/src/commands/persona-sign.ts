import { existsSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import { payloadTypes } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { defineCommand } from '../command.ts';
import { addSignatures, distinctKeys } from '../trust/add-signatures.ts';
import { authoredFor, authorOptions, versionOption } from '../trust/author-options.ts';
import { unverifiedAuthored } from '../trust/authored.ts';
import { endOf } from '../trust/end-of.ts';
import { looksLikeEnvelope, readEnvelopeFile } from '../trust/envelope-files.ts';
import { personaStatementOf } from '../trust/persona-statement.ts';
import { trustRootFile } from '../trust/root-files.ts';
import { keepSigned, readSigningKeys } from '../trust/signed-file.ts';

/** What an envelope says already. */
const saidByEnvelope = ['organization', 'environment', 'version', 'previous', 'expires'] as const;

export const personaSign = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file' }],
  options: {
    ...authorOptions,
    out: {
      type: 'string',
      value: 'ENVELOPE',
      kind: 'file',
      summary: 'Where the signed persona goes; when FILE is an envelope: FILE',
    },
    version: { type: 'string', value: 'N', summary: 'Default: the one after the version before, or 1' },
    previous: {
      type: 'string',
      value: 'ENVELOPE',
      kind: 'file',
      summary: 'The version before; default: what is at --out',
    },
    expires: { type: 'string', value: 'TIME', summary: 'Its end: 90d (default), 1y, 2027-01-01' },
  },
  notes: [
    'Signs the persona with its parents and the files it names, everything a host will run, as a new version. Keep the envelope: the next version names it.',
    'When FILE is an envelope already, adds a signature to it, where the root wants several people to sign. After its end a version is applied nowhere anew; where it is active it stays.',
  ],
  examples: [
    {
      line: 'guise persona sign web.yaml --key alice.key --root root.json --out web.signed.json',
      why: 'version 1, or the next one',
    },
    { line: 'guise persona sign web.signed.json --key bob.key --root root.json', why: 'bob signs it too' },
  ],
  async run(context, { operands: [source = ''], options }) {
    const trusted = options.root === undefined ? null : await trustRootFile(options.root);
    const keys = readSigningKeys(options.key, trusted);
    const signing = distinctKeys(keys.map((key) => key.signing));
    if (looksLikeEnvelope(source)) {
      const said = saidByEnvelope.find((name) => options[name] !== undefined);
      if (said !== undefined)
        throw new GuiseError('argument_invalid', `Cannot use --${said}: ${source} is signed, and says it`);
      const before = readEnvelopeFile(source);
      unverifiedAuthored(before);
      keepSigned(context, { file: options.out ?? source, envelope: addSignatures(before, signing), keys, trusted });
      return 0;
    }
    const { out: file } = options;
    if (file === undefined) throw new GuiseError('argument_invalid', 'Cannot sign: --out is missing');
    const statement = await personaStatementOf(source, {
      ...authoredFor(options, trusted),
      version: options.version === undefined ? null : versionOption(options.version, '--version'),
      previousFile: options.previous ?? (existsSync(file) ? file : null),
      expires_at: endOf(options.expires, limits.signatureLifeMs, Date.now()),
    });
    const envelope = signStatement(payloadTypes.persona, statement, signing);
    keepSigned(context, { file, envelope, keys, trusted });
    return 0;
  },
});
