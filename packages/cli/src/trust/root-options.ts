/** Options that make or change a root, and what people mean by them. Throws: `argument_invalid`, and what reading keys throws. */
import { GuiseError, limits } from '@guise/model';
import { endOf } from './end-of.ts';
import { readKeyFile } from './key-files.ts';
import type { RootChanges, SignerChange } from './root-changes.ts';
import { parseScoped } from './scoped.ts';

export const rootOptions = {
  threshold: { type: 'string', value: 'N', summary: 'How many root keys must sign the next root' },
  signer: {
    type: 'string',
    multiple: true,
    value: '[ENV[/CATEGORY]=]PUBFILE',
    kind: 'key_file',
    summary: 'A key that signs personas and permissions to go back; for any environment and category, or for these',
  },
  signersThreshold: {
    type: 'string',
    multiple: true,
    value: '[ENV[/CATEGORY]=]N',
    summary: 'How many signers must sign there; default: 1',
  },
  rollbackSigner: {
    type: 'string',
    multiple: true,
    value: '[ENV[/CATEGORY]=]PUBFILE',
    kind: 'key_file',
    summary: 'A key that signs permissions to go back; default: whoever signs personas',
  },
  expires: { type: 'string', value: 'TIME', summary: 'Its end: 5y (default), 90d, 2031-01-01' },
} as const;

interface RootOptionValues {
  readonly threshold: string | undefined;
  readonly signer: readonly string[];
  readonly signersThreshold: readonly string[];
  readonly rollbackSigner: readonly string[];
  readonly expires: string | undefined;
}

export function rootChangesOf(
  options: RootOptionValues,
  more: Pick<RootChanges, 'rootKeys' | 'removed' | 'dropped'>,
  nowMs: number,
): RootChanges {
  return {
    ...more,
    rootThreshold: options.threshold === undefined ? null : countOf(options.threshold, '--threshold'),
    signers: options.signer.map(signerOf),
    signerThresholds: options.signersThreshold.map((text) => {
      const { scope, value } = parseScoped(text);
      return { scope, threshold: countOf(value, '--signers-threshold') };
    }),
    rollbackSigners: options.rollbackSigner.map(signerOf),
    expiresAt: endOf(options.expires, limits.rootLifeMs, nowMs),
  };
}

function signerOf(text: string): SignerChange {
  const { scope, value } = parseScoped(text);
  return { scope, key: readKeyFile(value) };
}

function countOf(text: string, flag: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= limits.keysPerRole) return count;
  const rule = `it must be a whole number from 1 to ${limits.keysPerRole}`;
  throw new GuiseError('argument_invalid', `Cannot use ${flag} ${JSON.stringify(text)}: ${rule}`);
}
