/**
 * Reads a tag selector: `role=web,env!=prod,rack`. All terms must hold.
 *
 * Throws: `argument_invalid`.
 */
import { GuiseError, limits } from '@guise/model';

export type TagTerm =
  | { readonly type: 'is'; readonly key: string; readonly value: string }
  | { readonly type: 'is_not'; readonly key: string; readonly value: string }
  | { readonly type: 'has'; readonly key: string };

const termPattern = /^([a-z0-9][a-z0-9._/-]*)(?:(!?=)([A-Za-z0-9._/:-]+))?$/;

export function parseTagSelector(text: string): readonly TagTerm[] {
  const terms = text.split(',').map((term) => parseTerm(term.trim()));
  if (terms.length <= limits.tagsPerHost) return terms;
  throw new GuiseError(
    'argument_invalid',
    `Cannot select by ${terms.length} tags: at most ${limits.tagsPerHost} are allowed`,
  );
}

export function hasTags(tags: Readonly<Record<string, string>>, terms: readonly TagTerm[]): boolean {
  return terms.every((term) => holds(tags, term));
}

function holds(tags: Readonly<Record<string, string>>, term: TagTerm): boolean {
  switch (term.type) {
    case 'is':
      return tags[term.key] === term.value;
    case 'is_not':
      return tags[term.key] !== term.value;
    case 'has':
      return Object.hasOwn(tags, term.key);
  }
}

function parseTerm(term: string): TagTerm {
  const [, key, operator, value] = termPattern.exec(term) ?? [];
  if (key === undefined) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot read ${JSON.stringify(term.slice(0, 80))} as a tag: it must be key=value, key!=value or key`,
    );
  }
  if (value === undefined) return { type: 'has', key };
  return { type: operator === '=' ? 'is' : 'is_not', key, value };
}
