import { refuseExpired } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openAuthored, titleOf } from '../trust/authored.ts';
import { readEnvelopeFile } from '../trust/envelope-files.ts';
import { shortTime } from '../trust/print-root.ts';
import { trustRootFile } from '../trust/root-files.ts';

export const personaVerify = defineCommand({
  operands: [{ name: 'ENVELOPE', kind: 'file' }],
  options: {
    root: { type: 'string', value: 'ROOT', kind: 'file', summary: 'Whom to believe' },
    environment: { type: 'string', value: 'NAME', summary: 'Where it is to run; default: the one it is for' },
  },
  notes: [
    'Verifies as hosts do. Exit code: 0 when a host of that environment would take it, 3 and the reason when not.',
  ],
  examples: [
    { line: 'guise persona verify web.signed.json --root root.json', why: 'before it is published, or in CI' },
  ],
  async run(context, { operands: [file = ''], options }) {
    if (options.root === undefined) throw new GuiseError('argument_invalid', 'Cannot verify: --root is missing');
    const trusted = await trustRootFile(options.root);
    const envelope = readEnvelopeFile(file);
    const opened = openAuthored(envelope, trusted, { environment: options.environment ?? null, nowMs: Date.now() });
    refuseExpired(opened);
    const { statement, digest, expiresAt } = opened;
    const signers = opened.signers.toSorted();
    if (context.json) {
      const { persona: _, ...shown } = { persona: null, ...statement };
      printJson(context, { file, ...shown, digest, signers, expires_at: expiresAt });
      return 0;
    }
    const { organization, environment, category } = statement;
    const { out } = context;
    out.line(
      `${out.style.added('ok')} ${titleOf(statement)} for ${organization}/${environment}${category === null ? '' : `, ${category}`}`,
    );
    out.line(`  signed by ${signers.join(', ')}; until ${shortTime(expiresAt)}; ${digest}`);
    return 0;
  },
});
