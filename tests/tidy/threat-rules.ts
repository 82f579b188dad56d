/** The table of threats names the test that proves each mitigation, and that test is there. */
import type { Node } from 'oxc-parser';
import type { Repository, SourceFile } from './repository.ts';
import type { Finding, Rule, Sample } from './rule.ts';
import { nodes } from './syntax.ts';

const tablePath = 'docs/threat-model.md';
const rowsMin = 30;
/** One test may prove several things, but not all of them. */
const namedMax = 3;
const separator = ' › ';
/** What vitest puts values into: `%s`, `%#`, `$name`, `$a.b`. */
const placeholder = /%[sdifjoOc#%$]|\$[\w.#]+/g;
/** A title of placeholders alone would be found whatever a row says. */
const literalCharsMin = 8;

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

export const threatRules: readonly Rule[] = [
  {
    name: 'every row of the threat model names a test that proves it',
    why: `a row is | attacker | asset | mitigation | path/to.test.ts${separator}title |, with a title that stands in that file`,
    check: (repository) => {
      const rows = rowsOf(repository.files.get(tablePath)?.text);
      if (rows === null) return [];
      const few =
        rows.length < rowsMin ? [{ path: tablePath, line: 0, what: `${rows.length} rows of ${rowsMin}` }] : [];
      return [...few, ...rows.flatMap((row) => faultsOf(row, repository)), ...namedTooOften(rows)];
    },
    bad: [
      sample(29),
      sample(30, 'a cell | too many | another | '),
      sample(30, '', 'b.test.ts › proves 1'),
      sample(30, '', 'a.test.ts › proves nothing'),
      sample(30, '', 'a.test.ts › other group › proves 1'),
      sample(30, '', 'a.test.ts'),
      sample(34, '', 'a.test.ts › proves 1'),
    ],
    good: [sample(30), sample(31, '', 'a.test.ts › things › refuses any colour of it'), { 'README.md': '' }],
  },
];

/** Null when there is no such document. */
function rowsOf(text: string | undefined): readonly Row[] | null {
  if (text === undefined) return null;
  return text.split('\n').flatMap((line, index) => {
    const isRow = line.startsWith('|') && !/^\|[\s|:-]+$/.test(line) && !/^\|\s*attacker\s*\|/i.test(line);
    return isRow
      ? [
          {
            line: index + 1,
            cells: line
              .split('|')
              .slice(1, -1)
              .map((cell) => cell.trim()),
          },
        ]
      : [];
  });
}

function faultsOf({ line, cells }: Row, { sources }: Repository): readonly Finding[] {
  const fault = (what: string) => [{ path: tablePath, line, what }];
  if (cells.length !== 4 || cells.includes('')) return fault(`${cells.length} cells instead of four with text`);
  const [path = '', ...titles] = proofOf(cells).split(separator);
  const file = sources.find((source) => source.path === path);
  if (file === undefined) return fault(`there is no ${path}`);
  if (titles.length === 0) return fault(`no test of ${path} is named`);
  const known = titlesIn(file);
  return titles.flatMap((title) =>
    known.some((pattern) => pattern.test(title)) ? [] : fault(`${path} has no "${title}"`),
  );
}

function namedTooOften(rows: readonly Row[]): readonly Finding[] {
  const lines = Map.groupBy(rows, ({ cells }) => proofOf(cells));
  return [...lines].flatMap(([proof, named]) =>
    named.length <= namedMax
      ? []
      : [{ path: tablePath, line: named.at(-1)!.line, what: `${proof} proves ${named.length} rows` }],
  );
}

function proofOf(cells: readonly string[]): string {
  return (cells.at(-1) ?? '').replaceAll('`', '');
}

/** Of every test and group in a file: its title as it is written, with anything in the place of values. */
function titlesIn(file: SourceFile): readonly RegExp[] {
  return [...nodes(file)].flatMap((node) => {
    const title = node.type === 'CallExpression' && isTest(node.callee) ? textOf(node.arguments[0]) : null;
    if (title === null) return [];
    const literal = title.replaceAll(placeholder, '');
    const pieces = literal.length < literalCharsMin ? [title] : title.split(placeholder);
    return [new RegExp(`^${pieces.map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('.*')}$`, 's')];
  });
}

/** `it`, `it.each(…)`, `describe.skipIf(…).each(…)`, and the same of `test`. */
function isTest(callee: Node): boolean {
  if (callee.type === 'Identifier') return /^(it|test|describe)$/.test(callee.name);
  if (callee.type === 'MemberExpression') return isTest(callee.object);
  return callee.type === 'CallExpression' && isTest(callee.callee);
}

function textOf(node: Node | undefined): string | null {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  return node?.type === 'TemplateLiteral' && node.expressions.length === 0
    ? (node.quasis[0]?.value.cooked ?? null)
    : null;
}

/** A small repository with so many rows, the last of them with these words before its proof, or with this proof. */
function sample(count: number, more = '', proof?: string): Sample {
  const proofs = Array.from({ length: count }, (_, index) => `a.test.ts › proves ${index}`);
  // The last ones, so that what is repeated is repeated often enough.
  if (proof !== undefined) proofs.fill(proof, 30 - (count === 30 ? 1 : 0));
  const rows = proofs.map(
    (each, index) => `| somebody | something | ${index === count - 1 ? more : ''}a wall | ${each} |`,
  );
  const tests = Array.from({ length: 40 }, (_, index) => `it('proves ${index}', () => {});`);
  return {
    [tablePath]: ['| Attacker | Asset | Mitigation | Test |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    'a.test.ts': `${tests.join('\n')}\ndescribe('things', () => { it.each(['red'])('refuses any %s of it', () => {}); });`,
  };
}
