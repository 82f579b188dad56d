/** Which parts of the language are used. The compiler's `erasableSyntaxOnly` and the linters forbid the rest. */
import type { Node } from 'oxc-parser';
import { isPure } from './package-rules.ts';
import { isTest, lineOf, type SourceFile } from './repository.ts';
import { each, type Finding, type Rule } from './rule.ts';
import { nodes } from './syntax.ts';

/** Tools load their configuration through a default export. */
const toolConfiguration = /(^|\/)[a-z]+\.config\.ts$/;

/** Global → its members that read a clock, chance or the process; '*' for all of it. */
const impureGlobals: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['*'],
  crypto: ['*'],
  process: ['*'],
};

const testFunctions = ['it', 'test', 'describe', 'bench', 'suite'];

export const languageRules: readonly Rule[] = [
  {
    name: 'model, decide and api read no clock, no chance and no process',
    why: 'pass the value in, so that a decision can be repeated',
    check: ({ sources }) => each(sources, (file) => (isPure(file) ? findNodes(file, impurity) : [])),
    bad: [
      { 'packages/decide/src/a.ts': 'export const a = Date.now();' },
      { 'packages/decide/src/a.ts': 'export const a = new Date();' },
      { 'packages/model/src/a.ts': 'export const a = Date();' },
      { 'packages/api/src/a.ts': 'export const a = Math.random();' },
      { 'packages/model/src/a.ts': 'export const a = performance.now();' },
      { 'packages/model/src/a.ts': 'export const a = crypto.randomUUID();' },
      { 'packages/model/src/a.ts': 'export const a = globalThis.crypto;' },
      { 'packages/model/src/a.ts': 'export const a = process.env;' },
    ],
    good: [
      {
        'packages/decide/src/a.ts': 'export const a = (ms: number) => [new Date(ms), Math.max(1, 2), Date.parse("")];',
        'packages/decide/src/a.test.ts': 'export const a = Date.now();',
        'packages/agent/src/a.ts': 'export const a = Date.now();',
      },
    ],
  },
  {
    name: 'every export has a name, listed one by one',
    why: 'name the export; in an index, list the names',
    check: ({ sources }) =>
      each(sources, (file) =>
        findNodes(file, (node) => {
          if (node.type === 'ExportAllDeclaration') return 'export *';
          return node.type === 'ExportDefaultDeclaration' && !toolConfiguration.test(file.path)
            ? 'default export'
            : undefined;
        }),
      ),
    bad: [{ 'packages/model/src/a.ts': 'export default 1;' }, { 'packages/model/src/a.ts': "export * from './b.ts';" }],
    good: [{ 'packages/model/src/a.ts': "export { b } from './b.ts';", 'vitest.config.ts': 'export default {};' }],
  },
  {
    name: 'no enums and no any',
    why: 'a union of literals; unknown, then narrow it',
    check: ({ sources }) =>
      each(sources, (file) =>
        findNodes(file, ({ type }) => {
          if (type === 'TSEnumDeclaration') return 'enum';
          return type === 'TSAnyKeyword' ? 'any' : undefined;
        }),
      ),
    bad: [
      { 'packages/model/src/a.ts': 'export enum A { B }' },
      { 'packages/model/src/a.ts': 'export const a = 1 as any;' },
      { 'tests/a.ts': 'export function a(b: any): void {}' },
    ],
    good: [{ 'packages/model/src/a.ts': 'export const any = (b: unknown) => b as string;' }],
  },
  {
    name: 'no test is singled out, and none is skipped without saying why',
    why: "skip from inside, which prints the reason: `context.skip(isMissing, 'needs root')`",
    check: ({ sources }) => each(sources, (file) => (isTest(file) ? findNodes(file, skipping) : [])),
    bad: [
      { 'tests/a.test.ts': "it.only('a', () => {});" },
      { 'tests/a.test.ts': "describe.skip('a', () => {});" },
      { 'tests/a.test.ts': "it.skipIf(isMissing)('a', () => {});" },
      { 'tests/a.test.ts': "it.each([1]).only('a', () => {});" },
      { 'tests/a.test.ts': "it('a', (context) => context.skip());" },
      { 'tests/a.test.ts': "it('a', ({ skip }) => skip(isMissing));" },
    ],
    good: [
      {
        'tests/a.test.ts': "it('a', (context) => context.skip(isMissing, 'needs root'));",
        'tests/b.test.ts': "it('a', ({ skip }) => skip(`needs root`));",
      },
    ],
  },
];

function impurity(node: Node): string | undefined {
  if (node.type === 'NewExpression' && isIdentifier(node.callee, 'Date') && node.arguments.length === 0) {
    return 'new Date()';
  }
  if (node.type === 'CallExpression' && isIdentifier(node.callee, 'Date')) return 'Date()';
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return undefined;
  const member = node.property.name;
  if (isIdentifier(node.object, 'globalThis')) return member in impureGlobals ? `globalThis.${member}` : undefined;
  if (node.object.type !== 'Identifier') return undefined;
  const forbidden = Object.hasOwn(impureGlobals, node.object.name) ? impureGlobals[node.object.name] : undefined;
  return forbidden?.some((name) => name === '*' || name === member) ? `${node.object.name}.${member}` : undefined;
}

/** `it.only(…)`, `describe.skipIf(…)` and the like; `skip()` without a reason as its last argument. */
function skipping(node: Node): string | undefined {
  if (node.type === 'MemberExpression' && node.property.type === 'Identifier') {
    const modifier = node.property.name;
    const isModifier = ['only', 'skip', 'skipIf', 'runIf', 'todo'].includes(modifier);
    return isModifier && testFunctions.includes(rootOf(node)) ? `${rootOf(node)}.${modifier}` : undefined;
  }
  if (node.type !== 'CallExpression') return undefined;
  const { callee } = node;
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  if (name.type !== 'Identifier' || name.name !== 'skip' || testFunctions.includes(rootOf(callee))) return undefined;
  const reason = node.arguments.at(-1);
  const isText = reason?.type === 'TemplateLiteral' || (reason?.type === 'Literal' && typeof reason.value === 'string');
  return isText ? undefined : 'skip without a reason';
}

/** The name that a chain of members and calls starts with: `it.each(x).only` → `it`; '' when it starts otherwise. */
function rootOf(node: Node): string {
  if (node.type === 'MemberExpression') return rootOf(node.object);
  if (node.type === 'CallExpression') return rootOf(node.callee);
  return node.type === 'Identifier' ? node.name : '';
}

function isIdentifier(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

function findNodes(file: SourceFile, judge: (node: Node) => string | undefined): readonly Finding[] {
  return [...nodes(file)].flatMap((node) => {
    const what = judge(node);
    return what === undefined ? [] : [{ path: file.path, line: lineOf(file, node.start), what }];
  });
}
