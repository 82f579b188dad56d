/** Texts that would end Cedar's stack are refused before it sees them, and it works on afterwards. */
import { limits } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './cedar.ts';

const ruleOf = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;
const many = 10_000;

const deep: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `${'('.repeat(n)}true${')'.repeat(n)}`,
  sets: (n) => `${'['.repeat(n)}1${']'.repeat(n)} == [1]`,
  records: (n) => `${'{a: '.repeat(n)}1${'}'.repeat(n)} == 1`,
  negations: (n) => `${'!'.repeat(n)}true`,
  conditions: (n) => `${'if true then '.repeat(n)}true${' else false'.repeat(n)}`,
  alternatives: (n) => `${'if true then true else '.repeat(n)}true`,
  attributes: (n) => `resource${'.a'.repeat(n)} == 1`,
  indexes: (n) => `resource${'["a"]'.repeat(n)} == 1`,
  calls: (n) => `resource${'.contains(1)'.repeat(n)}`,
  sums: (n) => `${'1 + '.repeat(n)}1 == 1`,
  conjunctions: (n) => `${'true && '.repeat(n)}true`,
  disjunctions: (n) => `${'true || '.repeat(n)}true`,
  products: (n) => `${'1 * '.repeat(n)}1 == 1`,
};

function outcomeOf(text: string): string {
  try {
    parsePolicy('deep', text);
    return 'valid';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Cedar still answers. */
function expectAlive(): void {
  expect(outcomeOf(ruleOf('true'))).toBe('valid');
}

describe('a policy that goes deep', () => {
  it.each(Object.entries(deep))('by %s is refused, however deep', (_name, make) => {
    for (const n of [50, 100, 200, 500, 1_000, many]) {
      expect(['valid', 'policy_invalid']).toContain(outcomeOf(ruleOf(make(n))));
    }
    expect(outcomeOf(ruleOf(make(many)))).toBe('policy_invalid');
    expectAlive();
  });

  it('by as much of everything as is allowed is read without harm', () => {
    const half = limits.policyDepth - 3;
    for (const make of Object.values(deep)) {
      const inner = make(Math.floor(limits.policySteps / 3)).slice(0, 20_000);
      expect(['valid', 'policy_invalid']).toContain(
        outcomeOf(ruleOf(`${'('.repeat(half)}${inner}${')'.repeat(half)}`)),
      );
      expectAlive();
    }
    expect(outcomeOf(`${ruleOf('true')}\n`.repeat(500))).toBe('valid');
    expectAlive();
  });

  it('only in comments and strings is fine', () => {
    expect(outcomeOf(`// ${'('.repeat(many)}\n${ruleOf(`principal == User::"${'('.repeat(1_000)}"`)}`)).toBe('valid');
  });

  it('or is any text at all never harms', () => {
    const words = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\\',
      '//',
      '\n',
      ';',
      '.',
      '!',
      '-',
      '+',
      'if',
      'then',
      'else',
      'has',
      'in',
      'is',
      'permit',
      'principal',
      'when',
      'A::',
      '1',
      ' ',
      '?principal',
      '@a',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words, { maxLength: 200 }).map((each) => each.join(' ')),
        ),
        (text) => {
          expect(['valid', 'policy_invalid']).toContain(outcomeOf(text));
          expect(['valid', 'policy_invalid']).toContain(outcomeOf(ruleOf(text)));
        },
      ),
      { numRuns: 300 },
    );
    expectAlive();
  });
});
