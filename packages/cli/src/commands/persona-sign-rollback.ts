import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { unverifiedPersona } from '@guise/decide/trust';
import { GuiseError, limits, parseHostId, parsePersonaId } from '@guise/model';
import { payloadTypes, type RollbackStatement } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { defineCommand } from '../command.ts';
import { distinctKeys } from '../trust/add-signatures.ts';
import { authoredFor, authorOptions, checkedName, versionOption } from '../trust/author-options.ts';
import { endOf } from '../trust/end-of.ts';
import { looksLikeEnvelope, readEnvelopeFile } from '../trust/envelope-files.ts';
import { trustRootFile } from '../trust/root-files.ts';
import { keepSigned, readSigningKeys } from '../trust/signed-file.ts';

export const personaSignRollback = defineCommand({
  operands: [{ name: 'PERSONA', kind: 'persona_file' }],
  options: {
    from: { type: 'string', value: 'N', summary: 'The version that the hosts have' },
    to: { type: 'string', value: 'M', summary: 'The older version that they go back to' },
    host: { type: 'string', multiple: true, value: 'HOST', summary: 'A host that may go back, once' },
    reason: { type: 'string', value: 'TEXT', summary: 'Why, for whoever reads the history' },
    category: { type: 'string', value: 'NAME', summary: 'Of the persona; an envelope tells it' },
    expires: { type: 'string', value: 'TIME', summary: 'Its end: 7d (default), 12h, 2027-01-01' },
    out: { type: 'string', value: 'FILE', kind: 'file', summary: 'Where the permission goes' },
    ...authorOptions,
  },
  notes: [
    'Hosts never take an older version of a persona than they had, unless this lets them: these hosts, this step, once. Undoing a switch that failed needs no permission.',
    'PERSONA is a signed version of it, which tells its environment and category, or its id.',
  ],
  examples: [
    {
      line: 'guise persona sign-rollback web.signed.json --from 3 --to 2 --host h1 --host h2 --reason latency --key alice.key --root root.json --out web.back.json',
      why: 'two hosts may go back to version 2',
    },
  ],
  async run(context, { operands: [text = ''], options }) {
    const { from, to, reason, out: file } = options;
    if (
      from === undefined ||
      to === undefined ||
      reason === undefined ||
      file === undefined ||
      options.host.length === 0
    ) {
      throw new GuiseError('argument_invalid', 'Cannot sign: --from, --to, --host, --reason and --out are all needed');
    }
    const trusted = options.root === undefined ? null : await trustRootFile(options.root);
    const keys = readSigningKeys(options.key, trusted);
    const subject = subjectOf(text, options.category);
    const environment = options.environment ?? subject.environment;
    const statement: RollbackStatement = {
      id: randomBytes(16).toString('base64url'),
      ...authoredFor({ organization: options.organization ?? subject.organization, environment }, trusted),
      persona_id: subject.persona_id,
      category: subject.category,
      from: versionOption(from, '--from'),
      to: versionOption(to, '--to'),
      hosts: [...new Set(options.host.map(parseHostId))],
      reason,
      expires_at: endOf(options.expires, limits.rollbackLifeMs, Date.now()),
    };
    if (statement.to >= statement.from) {
      throw new GuiseError('argument_invalid', `Cannot go back from version ${from} to ${to}: it is not older`);
    }
    if (reason.length > 1024)
      throw new GuiseError('argument_invalid', 'Cannot use --reason: it may have 1024 characters');
    const signing = distinctKeys(keys.map((key) => key.signing));
    keepSigned(context, { file, envelope: signStatement(payloadTypes.rollback, statement, signing), keys, trusted });
    return 0;
  },
});

function subjectOf(text: string, category: string | undefined) {
  if (existsSync(text) && looksLikeEnvelope(text)) {
    if (category !== undefined) throw new GuiseError('argument_invalid', `Cannot use --category: ${text} tells it`);
    return unverifiedPersona(readEnvelopeFile(text)).statement;
  }
  return {
    persona_id: parsePersonaId(text),
    category: category === undefined ? null : checkedName(category, '--category'),
    organization: undefined,
    environment: undefined,
  };
}
