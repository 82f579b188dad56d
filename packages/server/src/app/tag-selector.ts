/**
 * Reads a tag selector: `role=web,env!=prod,rack`. All terms must hold.
 *
 * Throws: `argument_invalid`.
 */
import { failingTerm, type LabelTerm } from '@guise/decide/placement';
import { GuiseError, limits } from '@guise/model';

const termPattern = /^([a-z0-9][a-z0-9._/-]*)(?:(!?=)([A-Za-z0-9._/:-]+))?$/;

export function parseTagSelector(text: string): readonly LabelTerm[] {
  const terms = text.split(',').map((term) => parseTerm(term.trim()));
  if (terms.length <= limits.tagsPerHost) return terms;
  throw new GuiseError(
    'argument_invalid',
    `Cannot select by ${terms.length} tags: at most ${limits.tagsPerHost} are allowed`,
  );
}

export function hasTags(tags: Readonly<Record<string, string>>, terms: readonly LabelTerm[]): boolean {
  return failingTerm(tags, terms) === null;
}

function parseTerm(term: string): LabelTerm {
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
