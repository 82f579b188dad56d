/**
 * Checks a document against the schema and says everything that is wrong with it.
 *
 * Before rendering (`templates: 'pass'`) a scalar or key that holds a template passes wherever a scalar may stand; after it
 * (`templates: 'refuse'`) every rule holds.
 */
import type { Problem } from '../errors.ts';
import { limits } from '../limits.ts';
import { nearName } from '../near-name.ts';
import { isFixed } from './fixed-fields.ts';
import { type Finding, findingsOf, ruleOf, valueAt } from './issues.ts';
import { positionOf } from './position-of.ts';
import { problemOf, quotedPath } from './problem.ts';
import type { Positions } from './resolved.ts';
import { personaSchema } from './schema.ts';
import { misplacedSecrets } from './secret-places.ts';
import { isTemplate, parseTemplate } from './template.ts';

export interface Subject {
  readonly file: string;
  readonly value: unknown;
  readonly positions: Positions;
  /** How numbers, booleans and nulls were written, by path. */
  readonly sources: ReadonlyMap<string, string>;
}

const excerptChars = 80;
const keysListed = 12;

/** By position, at most `limits.problemsReported`: suggestions for thousands of wrong keys would take seconds. */
export function documentProblems(subject: Subject, templates: 'pass' | 'refuse'): readonly Problem[] {
  const findings = schemaFindings(subject.value).filter(
    (finding) => templates === 'refuse' || !isPending(finding, subject.value),
  );
  const problems = byPosition(findings, subject.positions)
    .slice(0, limits.problemsReported)
    .map((finding) => problemOfFinding(finding, subject));
  return templates === 'pass' ? [...problems, ...malformedTemplates(subject.value, [], subject)] : problems;
}

export function schemaFindings(value: unknown): readonly Finding[] {
  const result = personaSchema.safeParse(value, { error: ruleOf });
  return result.success ? [] : findingsOf(result.error.issues, value);
}

function byPosition(findings: readonly Finding[], positions: Positions): readonly Finding[] {
  return findings
    .map((finding) => ({ finding, at: positionOf(positions, finding.path) }))
    .sort((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1])
    .map(({ finding }) => finding);
}

/** Whether rendering may yet make it right. */
function isPending({ path, subject, wantsCollection }: Finding, root: unknown): boolean {
  if (wantsCollection || subject === 'unknown_key' || isFixed(path)) return false;
  const text = subject === 'key' ? path.at(-1) : valueAt(root, path);
  return typeof text === 'string' && isTemplate(text);
}

function problemOfFinding(finding: Finding, { file, value: root, positions, sources }: Subject): Problem {
  const path = finding.path.join('.');
  const value = valueAt(root, finding.path);
  const source = sources.get(path);
  return problemOf({
    file,
    at: positionOf(positions, finding.path),
    path,
    rule: finding.rule,
    sentence: sentenceOf(finding, path, foundWords(value, source)),
    suggestion: suggestionFor(finding, value, source),
  });
}

function sentenceOf({ subject, rule, candidates, path: keys }: Finding, path: string, found: string): string {
  const name = quotedPath(path);
  switch (subject) {
    case 'unknown_key': {
      const isNear = nearName(String(keys.at(-1)), candidates) !== undefined;
      const listed = candidates.length > keysListed ? [...candidates.slice(0, keysListed), '…'] : candidates;
      return `Cannot set ${name}: there is no such key${isNear ? '' : `, the keys here are ${listed.join(', ')}`}`;
    }
    case 'key':
      return `Cannot set ${name}: the key ${rule}, and it is ${JSON.stringify(String(keys.at(-1)).slice(0, excerptChars))}`;
    case 'value':
      if (path === '') return `Cannot read the document: it ${rule}, and it is ${found}`;
      return `Cannot set ${name}: the value ${rule}, and it is ${found}`;
  }
}

function foundWords(value: unknown, source: string | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list';
  if (typeof value === 'object') return `{${Object.keys(value).slice(0, keysListed).join(', ')}}`;
  if (typeof value !== 'string') return source ?? JSON.stringify(value);
  return JSON.stringify(value.length > excerptChars ? `${value.slice(0, excerptChars)}…` : value);
}

function suggestionFor(
  { subject, rule, path, candidates, wantsText }: Finding,
  value: unknown,
  source: string | undefined,
) {
  if (subject === 'unknown_key') return quoted(nearName(String(path.at(-1)), candidates));
  if (subject === 'key') return undefined;
  if (path.at(-1) === 'mode' && typeof value === 'number') return modeSuggestion(source);
  if (wantsText && source !== undefined && source !== '') return quoted(source);
  if (typeof value !== 'string') return undefined;
  const isNumberQuoted = /^must be a (?:whole )?number/.test(rule) && /^-?\d+(?:\.\d+)?$/.test(value);
  return isNumberQuoted ? `${value} without quotes` : quoted(nearName(value, candidates));
}

/** `0644`, `644` and `0o644` all mean "0644". */
function modeSuggestion(source: string | undefined): string | undefined {
  const digits = /^(?:0o?)?([0-7]{3,4})$/.exec(source ?? '')?.[1];
  return digits === undefined ? undefined : quoted(digits.padStart(4, '0'));
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text);
}

function malformedTemplates(value: unknown, path: readonly string[], subject: Subject): readonly Problem[] {
  if (isFixed(path)) return [];
  if (typeof value === 'string') return malformed(value, path, subject);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const entryPath = [...path, key];
    const ofKey = Array.isArray(value) ? [] : malformed(key, entryPath, subject, 'key');
    return [...ofKey, ...malformedTemplates(entry, entryPath, subject)];
  });
}

function malformed(
  text: string,
  path: readonly string[],
  { file, positions }: Pick<Subject, 'file' | 'positions'>,
  place: 'value' | 'key' = 'value',
): readonly Problem[] {
  if (!text.includes('{{')) return [];
  const template = parseTemplate(text);
  if (template.type === 'parsed')
    return misplacedSecrets(template.parts, place === 'key' ? [...path, ''] : path, { file, positions });
  const inLine = template.line === 1 ? '' : ` in its line ${template.line}`;
  const sentence = `Cannot set ${quotedPath(path.join('.'))}: the text${inLine} ${template.reason}`;
  const rule = 'must have well-formed templates';
  return [problemOf({ file, at: positionOf(positions, path), path: path.join('.'), rule, sentence })];
}
