/**
 * A root as people change it: keys come and leave by name, and may sign for an environment and a category.
 *
 * Invariant: whoever could sign the root before stays among the keys for one more version, without a say, so that his signature under
 * that version can be verified by itself.
 */
import { GuiseError } from '@guise/model';
import type { RootStatement, SigningRule } from '@guise/model/trust';
import type { KeyFile } from './key-files.ts';
import type { Scope } from './scoped.ts';

export interface SignerChange {
  readonly scope: Scope;
  readonly key: KeyFile;
}

export interface ThresholdChange {
  readonly scope: Scope;
  readonly threshold: number;
}

export interface RootChanges {
  readonly rootKeys: readonly KeyFile[];
  readonly rootThreshold: number | null;
  readonly signers: readonly SignerChange[];
  readonly signerThresholds: readonly ThresholdChange[];
  /** Who may sign permissions to go back, where that is not whoever may sign personas there. */
  readonly rollbackSigners: readonly SignerChange[];
  /** Names. */
  readonly removed: readonly string[];
  /** Rules that end; what they were about falls under less specific ones. */
  readonly dropped: readonly Scope[];
  readonly expiresAt: string;
}

const everywhere: Scope = { environment: '*', category: '*' };

/** Without signers, the keys of the root sign everything. Throws: `argument_invalid`. */
export function firstRoot(organization: string, changes: RootChanges): RootStatement {
  const signers =
    changes.signers.length > 0 ? changes.signers : changes.rootKeys.map((key) => ({ scope: everywhere, key }));
  const rootIds = distinct(changes.rootKeys.map(({ keyId }) => keyId));
  return {
    organization,
    version: 1,
    expires_at: changes.expiresAt,
    keys: withKeys([], [...changes.rootKeys, ...[...signers, ...changes.rollbackSigners].map(({ key }) => key)]),
    root: { keys: rootIds, threshold: changes.rootThreshold ?? majorityOf(rootIds.length) },
    ...changedRules({ personas: [], rollbacks: [] }, { ...changes, signers }, []),
  };
}

/** Throws: `argument_invalid`. */
export function nextRoot(before: RootStatement, changes: RootChanges): RootStatement {
  const leaving = changes.removed.map((name) => keyNamed(before, name));
  const staying = before.root.keys.filter((keyId) => !leaving.includes(keyId));
  const rootKeys = distinct([...staying, ...changes.rootKeys.map(({ keyId }) => keyId)]);
  const rules = changedRules(before, changes, leaving);
  const added = [...changes.rootKeys, ...[...changes.signers, ...changes.rollbackSigners].map(({ key }) => key)];
  const ruling = [...rules.personas, ...rules.rollbacks].flatMap(({ keys }) => keys);
  const needed = new Set([...before.root.keys, ...rootKeys, ...ruling]);
  return {
    organization: before.organization,
    version: before.version + 1,
    expires_at: changes.expiresAt,
    keys: withKeys(before.keys, added).filter(({ keyid }) => needed.has(keyid)),
    root: { keys: rootKeys, threshold: changes.rootThreshold ?? before.root.threshold },
    ...rules,
  };
}

type Rules = Pick<RootStatement, 'personas' | 'rollbacks'>;

function changedRules(before: Rules, changes: RootChanges, leaving: readonly string[]): Rules {
  const isDropped = (rule: SigningRule) => changes.dropped.some((scope) => isFor(rule, scope));
  const kept = (rules: readonly SigningRule[]) =>
    rules
      .filter((rule) => !isDropped(rule))
      .map((rule) => ({ ...rule, keys: rule.keys.filter((keyId) => !leaving.includes(keyId)) }));
  const ownRollbacks = changes.rollbackSigners.length > 0;
  const personas = withThresholds(withSigners(kept(before.personas), changes.signers), changes.signerThresholds);
  const rollbacks = withSigners(kept(before.rollbacks), ownRollbacks ? changes.rollbackSigners : changes.signers);
  for (const { scope } of changes.signerThresholds) requireRule(personas, scope);
  for (const scope of changes.dropped) requireRule([...before.personas, ...before.rollbacks], scope);
  const rules = { personas, rollbacks: ownRollbacks ? rollbacks : withThresholds(rollbacks, changes.signerThresholds) };
  refuseEmpty([...rules.personas, ...rules.rollbacks]);
  return rules;
}

/** A rule that vanished with its last key would leave what it protected to a weaker one. */
function refuseEmpty(rules: readonly SigningRule[]): void {
  const empty = rules.find(({ keys }) => keys.length === 0);
  if (empty === undefined) return;
  const where = `${empty.environment}/${empty.category}`;
  const ways = `give one with --signer, or end the rule with --drop ${where}`;
  throw new GuiseError('argument_invalid', `Cannot remove the last key that signs for ${where}: ${ways}`);
}

function requireRule(rules: readonly SigningRule[], scope: Scope): void {
  if (rules.some((rule) => isFor(rule, scope))) return;
  const where = `${scope.environment}/${scope.category}`;
  throw new GuiseError('argument_invalid', `Cannot change the rule for ${where}: there is none`);
}

/** More than half, so that two groups cannot each make a next root. */
function majorityOf(keys: number): number {
  return Math.floor(keys / 2) + 1;
}

function keyNamed({ keys }: RootStatement, name: string): string {
  const key = keys.find((candidate) => candidate.name === name);
  if (key !== undefined) return key.keyid;
  const known = keys.map((candidate) => candidate.name).join(', ');
  throw new GuiseError('argument_invalid', `Cannot remove ${JSON.stringify(name)}: the root has the keys ${known}`);
}

function withKeys(keys: RootStatement['keys'], added: readonly KeyFile[]): RootStatement['keys'] {
  const all = [...keys];
  for (const { keyId, name, publicKey } of added) {
    if (all.some(({ keyid }) => keyid === keyId)) continue;
    if (all.some((key) => key.name === name)) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot take another key named ${name}: people would take one for the other`,
      );
    }
    all.push({ keyid: keyId, name, public: publicKey });
  }
  return all;
}

function withSigners(rules: readonly SigningRule[], signers: readonly SignerChange[]): SigningRule[] {
  const all = [...rules];
  for (const { scope, key } of signers) {
    const index = all.findIndex((rule) => isFor(rule, scope));
    const rule = all[index] ?? { ...scope, keys: [], threshold: 1 };
    const next = { ...rule, keys: distinct([...rule.keys, key.keyId]) };
    if (index === -1) all.push(next);
    else all[index] = next;
  }
  return all;
}

function withThresholds(rules: readonly SigningRule[], thresholds: readonly ThresholdChange[]): SigningRule[] {
  return rules.map((rule) => ({
    ...rule,
    threshold: thresholds.findLast(({ scope }) => isFor(rule, scope))?.threshold ?? rule.threshold,
  }));
}

function isFor(rule: SigningRule, { environment, category }: Scope): boolean {
  return rule.environment === environment && rule.category === category;
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
