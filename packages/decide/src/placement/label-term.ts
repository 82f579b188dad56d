/** Selecting by labels, which are the tags of a host: `role=web,env!=prod,rack`. All terms must hold. */
export type LabelTerm =
  | { readonly type: 'is'; readonly key: string; readonly value: string }
  | { readonly type: 'is_not'; readonly key: string; readonly value: string }
  | { readonly type: 'has'; readonly key: string };

/** The first term that does not hold, or null. */
export function failingTerm(labels: { readonly [key: string]: string }, terms: readonly LabelTerm[]): LabelTerm | null {
  return terms.find((term) => !holds(labels, term)) ?? null;
}

export function termText(term: LabelTerm): string {
  switch (term.type) {
    case 'is':
      return `${term.key}=${term.value}`;
    case 'is_not':
      return `${term.key}!=${term.value}`;
    case 'has':
      return term.key;
  }
}

function holds(labels: { readonly [key: string]: string }, term: LabelTerm): boolean {
  const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined;
  switch (term.type) {
    case 'is':
      return value === term.value;
    case 'is_not':
      return value !== term.value;
    case 'has':
      return value !== undefined;
  }
}
