/** How files are named, how long they are, and what their text may say. */
import { lineOf, type RepositoryFile } from './repository.ts';
import { each, type Finding, type Rule } from './rule.ts';

const linesMax = 400;

/** Files that a reader accepts as longer, and why. */
const excusedFromLength: Readonly<Record<string, string>> = {
  'packages/cli/src/commands/index.ts': 'one list of every command, a line or few for each',
  'packages/model/src/limits.ts': 'every bound of the system stands in one place, and nothing else does',
};

const codeFile = /\.(ts|tsx|mjs)$/;
/** `persona-schema.ts`, `merge.prop.test.ts`. */
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/;
const emptyNames = /^(utils?|helpers?|common|misc|managers?)$/;

/** Written by tools, and not for people to read. */
const generated = /(^|\/)package-lock\.json$/;

/**
 * Where the authors' machines keep things, and the hosts that packages come from: a clone must work from any folder and
 * with any mirror. Example domains may be named.
 */
const forbidden: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(?<![\w./-])\/(work|workspace|Users)\/[\w.]/g, what: 'a path of one machine' },
  { pattern: /(?<![\w./-])\/home\/(?!alice|bob|deploy|guise)[a-z]+\//g, what: 'a path of one machine' },
  { pattern: /\b(registry|mirrors?)\.(?!example)[a-z]+\.(org|com|io|net|dev)\b/g, what: 'a package registry' },
  { pattern: /\b[a-z.]*(deb|archive|security|ports|ftp|cdn)\.(debian|ubuntu)\.(org|com)\b/g, what: 'a package mirror' },
  { pattern: /\b(files\.)?(pypi|pythonhosted|rubygems|crates)\.(org|io)\b/g, what: 'a package registry' },
];

export const textRules: readonly Rule[] = [
  {
    name: 'files of code are named in kebab-case, for what they hold',
    why: 'name it after its main export',
    check: ({ sources }) =>
      each(sources, ({ path }) => {
        const parts = path.replace(codeFile, '').split('/');
        const odd = parts.find((part) => !kebabCase.test(part) && !part.startsWith('.'));
        if (odd !== undefined) return [{ path, line: 0, what: `"${odd}" is not kebab-case` }];
        const empty = parts.flatMap((part) => part.split(/[-.]/)).find((word) => emptyNames.test(word));
        return empty === undefined ? [] : [{ path, line: 0, what: `"${empty}" names nothing` }];
      }),
    bad: [
      { 'packages/model/src/personaSchema.ts': '' },
      { 'packages/model/src/persona_schema.ts': '' },
      { 'packages/model/src/Persona/schema.ts': '' },
      { 'packages/model/src/utils.ts': '' },
      { 'packages/model/src/string-helpers.ts': '' },
      { 'packages/model/src/common/a.ts': '' },
    ],
    good: [{ 'packages/model/src/persona-schema.prop.test.ts': '', 'vitest.config.ts': '' }],
  },
  {
    name: `files of code have at most ${linesMax} lines`,
    why: 'look for the seam; or excuse it, with a reason that a reader accepts',
    check: ({ sources }) =>
      each(sources, (file) => {
        const lines = file.text.split('\n').length - 1;
        return lines <= linesMax || file.path in excusedFromLength
          ? []
          : [{ path: file.path, line: 0, what: `${lines} lines` }];
      }),
    bad: [{ 'packages/model/src/a.ts': '\n'.repeat(linesMax + 1) }],
    good: [{ 'packages/model/src/a.ts': '\n'.repeat(linesMax) }],
  },
  {
    name: 'nothing names a path of one machine or a package registry',
    why: 'take it from the machine or the configuration that runs it',
    check: ({ files }) =>
      each(files.values(), (file) =>
        generated.test(file.path)
          ? []
          : forbidden.flatMap(({ pattern, what }) => findText(file, pattern, (text) => `${what}: ${text}`)),
      ),
    // Joined here, so that this file keeps its own rule.
    bad: [
      { 'a.md': ['see ', 'work', 'main'].join('/') },
      { 'a.ts': `export const a = '${['', 'home', 'somebody', 'src'].join('/')}';` },
      { 'a.json': ['https://registry', 'npmjs', 'org'].join('.') },
      { 'a.yaml': ['http://deb', 'debian', 'org/debian'].join('.') },
      { '.npmrc': ['index=pypi', 'org'].join('.') },
    ],
    good: [{ 'a.md': '/var/lib/work/x, docs/work/main, registry.example.com, /home/deploy/app' }],
  },
];

export function findText(file: RepositoryFile, pattern: RegExp, say: (text: string) => string): readonly Finding[] {
  return [...file.text.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: lineOf(file, match.index),
    what: say(match[0]),
  }));
}
