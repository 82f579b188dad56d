/**
 * What must be right in a root before anybody is counted by it: every id is the digest of its key, every key is one that only its owner
 * can sign with, and no rule asks for more keys than it has or stands twice.
 *
 * Throws: what `refuse` makes of the reason.
 */
import { digestOfBytes } from '@guise/model';
import { bytesOfBase64, type RootStatement, type SigningRule } from '@guise/model/trust';
import type { Refuse } from './refusal.ts';
import type { Signers } from './trusted-root.ts';

/** False for keys of small order, for which one signature fits many messages, and for any second spelling of a key. */
export type IsUsableKey = (publicKey: string) => boolean;

export function checkRootStatement(statement: RootStatement, isUsableKey: IsUsableKey, refuse: Refuse): void {
  const { keys, root, personas, rollbacks } = statement;
  for (const key of keys) checkKey(key, isUsableKey, refuse);
  refuseRepeated(
    keys.map(({ keyid }) => `the key ${keyid}`),
    refuse,
  );
  refuseRepeated(
    keys.map(({ name }) => `the name ${name}`),
    refuse,
  );
  const ids = new Set(keys.map(({ keyid }) => keyid));
  checkSigners(root, { what: 'the next root', ids, refuse });
  checkRules(personas, 'personas', ids, refuse);
  checkRules(rollbacks, 'rollbacks', ids, refuse);
}

function checkKey(
  { keyid, name, public: publicKey }: RootStatement['keys'][number],
  isUsable: IsUsableKey,
  refuse: Refuse,
) {
  const bytes = bytesOfBase64(publicKey);
  if (bytes?.length !== 32) throw refuse(`the key ${name} is not 32 bytes as base64`);
  if (keyid !== digestOfBytes(bytes).replace('sha256:', 'ed25519:')) {
    throw refuse(`the id of the key ${name} is not the digest of its bytes`);
  }
  if (!isUsable(publicKey)) throw refuse(`the key ${name} is no key that only its owner can sign with`);
}

function checkRules(rules: readonly SigningRule[], kind: string, ids: ReadonlySet<string>, refuse: Refuse): void {
  const whats = rules.map(({ environment, category }) => `${kind} of ${environment}/${category}`);
  refuseRepeated(
    whats.map((what) => `the rule for ${what}`),
    refuse,
  );
  for (const [index, rule] of rules.entries()) checkSigners(rule, { what: whats[index] ?? kind, ids, refuse });
}

function checkSigners(
  { keys, threshold }: Signers,
  { what, ids, refuse }: { readonly what: string; readonly ids: ReadonlySet<string>; readonly refuse: Refuse },
): void {
  refuseRepeated(
    keys.map((keyId) => `the key ${keyId} for ${what}`),
    refuse,
  );
  const unknown = keys.find((keyId) => !ids.has(keyId));
  if (unknown !== undefined) throw refuse(`${what} may be signed by ${unknown}, which is no key of it`);
  if (threshold > keys.length) throw refuse(`${threshold} keys must sign ${what}, and it has ${keys.length}`);
}

function refuseRepeated(names: readonly string[], refuse: Refuse): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw refuse(`it has ${name} twice`);
    seen.add(name);
  }
}
