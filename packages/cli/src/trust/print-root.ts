/** A root for people: what it is, who signs what, and what it still lacks. */
import type { RootStatement, SigningRule } from '@guise/model/trust';
import type { Context } from '../context.ts';
import { printJson } from '../print-json.ts';
import { table } from '../render/table.ts';
import type { RootFile } from './root-files.ts';

export interface RootVerdict extends RootFile {
  /** Null when it is the control plane's. */
  readonly file: string | null;
  /** Null when it is good. */
  readonly lack: string | null;
}

export function printRoot(context: Context, { file, envelope, statement, lack }: RootVerdict): void {
  const signed = envelope.signatures.map(({ keyid }) => nameOf(statement, keyid));
  if (context.json) {
    printJson(context, { file, root: statement, signed_by: signed, complete: lack === null, lack });
    return;
  }
  const { out } = context;
  const end = shortTime(statement.expires_at);
  out.line(`root ${statement.version} of ${statement.organization}, until ${end}, signed by ${signed.join(', ')}`);
  const rows = [
    ['next root', '', '', ...signersOf(statement, statement.root)],
    ...rulesOf('personas', statement, statement.personas),
    ...rulesOf('going back', statement, statement.rollbacks),
  ];
  for (const line of table(['signs', 'environment', 'category', 'needs', 'of'], rows, out)) out.line(line);
  out.line('');
  const keys = statement.keys.map(({ name, keyid }) => [name, keyid]);
  for (const line of table(['key', 'id'], keys, out)) out.line(line);
  if (lack !== null) context.err.line(`not good yet: ${lack}`);
}

/** Whole seconds. */
export function shortTime(instant: string): string {
  return instant.replace('.000Z', 'Z');
}

function rulesOf(what: string, statement: RootStatement, rules: readonly SigningRule[]): string[][] {
  return rules.map((rule) => [what, anyOr(rule.environment), anyOr(rule.category), ...signersOf(statement, rule)]);
}

function signersOf(statement: RootStatement, { keys, threshold }: RootStatement['root']): string[] {
  return [String(threshold), keys.map((keyId) => nameOf(statement, keyId)).join(', ')];
}

function nameOf({ keys }: RootStatement, id: string): string {
  return keys.find(({ keyid }) => keyid === id)?.name ?? id;
}

function anyOr(text: string): string {
  return text === '*' ? 'any' : text;
}
