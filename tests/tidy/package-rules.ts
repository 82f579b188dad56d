/** Who may import what. Source: the house of the packages, ARCHITECTURE.md. */
import { posix } from 'node:path';
import { isTest, lineOf, type RepositoryFile, type SourceFile } from './repository.ts';
import { each, type Finding, type Rule } from './rule.ts';
import { moduleReferences, packageOf } from './syntax.ts';

/** Package → the packages of ours that it may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  decide: ['model'],
  api: ['decide', 'model'],
  trust: ['model'],
  agent: ['api', 'decide', 'model', 'trust'],
  server: ['api', 'decide', 'model', 'trust'],
  lab: ['api', 'model'],
  cli: ['agent', 'api', 'decide', 'lab', 'model', 'server', 'trust'],
  console: ['api', 'model'],
};

/** Packages that touch nothing outside their arguments. */
const purePackages = ['model', 'decide', 'api'];

export const packageRules: readonly Rule[] = [
  {
    name: 'packages import only what the house allows',
    why: 'move the shared part down, into model, decide or api',
    check: ({ sources }) =>
      each(sources, (file) => {
        const from = packageNameOf(file.path);
        if (from === undefined) return [];
        const allowed = mayImport[from];
        if (allowed === undefined) return [{ path: file.path, line: 0, what: `packages/${from} is not in the table` }];
        return referencesTo(file, /^@guise\/([^/]+)/, ([, to = '']) =>
          to === from || !allowed.includes(to) ? `${from} imports ${to}` : undefined,
        );
      }),
    bad: [
      { 'packages/model/src/a.ts': "import { b } from '@guise/decide';" },
      { 'packages/agent/src/a.ts': "import type { B } from '@guise/server';" },
      { 'packages/server/src/a.ts': "export { b } from '@guise/agent';" },
      { 'packages/lab/src/a.ts': "const b = await import('@guise/decide');" },
      { 'packages/api/src/a.ts': "export type B = import('@guise/agent').B;" },
      { 'packages/cli/src/a.ts': "import { b } from '@guise/console';" },
      { 'packages/model/src/a.ts': "import { b } from '@guise/model';" },
      { 'packages/unheard-of/src/a.ts': 'export const a = 1;' },
    ],
    good: [{ 'packages/decide/src/a.ts': "import { b } from '@guise/model';", 'tests/a.ts': "import '@guise/agent';" }],
  },
  {
    name: 'packages are entered through their entries',
    why: 'import the name from @guise/<package> or another of its exports, and list it in that file',
    check: ({ files, sources }) =>
      each(sources, (file) => [
        ...referencesTo(file, /^@guise\/([^/]+)\/(.*)/, ([specifier, name, inside]) =>
          entriesOf(files.get(`packages/${name}/package.json`)).includes(`./${inside}`)
            ? undefined
            : `imports the inside of a package, ${specifier}`,
        ),
        ...referencesTo(file, /^\..*/, ([specifier]) => {
          const to = packageNameOf(posix.join(posix.dirname(file.path), specifier));
          return to === undefined || to === packageNameOf(file.path)
            ? undefined
            : `reaches into packages/${to} by path`;
        }),
      ]),
    bad: [
      { 'packages/cli/src/a.ts': "import { b } from '@guise/model/src/b.ts';" },
      { 'packages/cli/src/a.ts': "import { b } from '../../model/src/b.ts';" },
      { 'tests/host/a.ts': "import { b } from '../../packages/model/src/b.ts';" },
    ],
    good: [
      { 'packages/cli/src/commands/a.ts': "import { b } from '../b.ts';" },
      {
        'packages/model/package.json': '{"exports": {".": "./src/index.ts", "./documents": "./src/documents.ts"}}',
        'packages/cli/src/a.ts': "import { b } from '@guise/model/documents';",
      },
    ],
  },
  {
    name: 'model, decide and api import nothing of node',
    why: 'these run in the agent, the server, previews and the simulator alike: pass the value in',
    check: ({ sources }) =>
      each(sources, (file) => (isPure(file) ? referencesTo(file, /^node:.*/, ([what]) => `imports ${what}`) : [])),
    bad: [{ 'packages/decide/src/a.ts': "import { createHash } from 'node:crypto';" }],
    good: [{ 'packages/decide/src/a.test.ts': "import 'node:fs';", 'packages/lab/src/a.ts': "import 'node:fs';" }],
  },
  {
    name: 'a package declares what it imports',
    why: 'add it to the dependencies of that package.json; hoisting makes it work here and fail elsewhere',
    check: ({ files, sources }) =>
      each(sources, (file) => {
        const manifestPath = `packages/${packageNameOf(file.path)}/package.json`;
        const manifest = files.get(manifestPath);
        if (manifest === undefined || isTest(file)) return [];
        const { dependencies = {} } = JSON.parse(manifest.text) as { dependencies?: Record<string, string> };
        return referencesTo(file, /.*/, ([specifier]) => {
          const name = packageOf(specifier);
          return name === undefined || name in dependencies ? undefined : `${manifestPath} does not declare ${name}`;
        });
      }),
    bad: [{ 'packages/model/package.json': '{}', 'packages/model/src/a.ts': "import { z } from 'zod';" }],
    good: [
      {
        'packages/model/package.json': '{"dependencies": {"@noble/hashes": "1.0.0"}}',
        'packages/model/src/a.ts': "import { sha256 } from '@noble/hashes/sha2.js';",
        'packages/model/src/a.test.ts': "import { it } from 'vitest';",
      },
    ],
  },
  {
    name: 'SQL lives in the store',
    why: 'add a function to packages/server/src/store and call that',
    check: confine(/^(kysely|pg)(\/.*)?$/, 'packages/server/src/store/', 'packages/'),
    bad: [{ 'packages/server/src/http/a.ts': "import { sql } from 'kysely';" }],
    good: [{ 'packages/server/src/store/a.ts': "import { sql } from 'kysely';\nimport pg from 'pg';" }],
  },
  {
    name: 'only agent/src/host touches Linux',
    why: 'add what is missing to the host port, packages/agent/src/host',
    check: confine(/^node:(fs|child_process)(\/.*)?$/, 'packages/agent/src/host/', 'packages/agent/src/'),
    bad: [{ 'packages/agent/src/journal/a.ts': "import { readFile } from 'node:fs/promises';" }],
    good: [{ 'packages/agent/src/host/a.ts': "import { spawn } from 'node:child_process';" }],
  },
];

export function isPure(file: SourceFile): boolean {
  return !isTest(file) && purePackages.includes(packageNameOf(file.path) ?? '');
}

/** Modules that, within `scope`, only files below `home` may import; tests are free. */
function confine(modules: RegExp, home: string, scope: string): Rule['check'] {
  return ({ sources }) =>
    each(sources, (file) =>
      file.path.startsWith(scope) && !file.path.startsWith(home) && !isTest(file)
        ? referencesTo(file, modules, ([what]) => `imports ${what} outside ${home}`)
        : [],
    );
}

/** What a package lets others import, as its manifest has it: `.`, `./documents`. */
function entriesOf(manifest: RepositoryFile | undefined): readonly string[] {
  const { exports = {} } = JSON.parse(manifest?.text ?? '{}') as { exports?: object };
  return Object.keys(exports);
}

function packageNameOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** A finding for each reference that matches and that `judge` has words for. */
function referencesTo(
  file: SourceFile,
  pattern: RegExp,
  judge: (match: RegExpExecArray) => string | undefined,
): readonly Finding[] {
  return moduleReferences(file).flatMap(({ specifier, start }) => {
    const match = pattern.exec(specifier);
    const what = match === null ? undefined : judge(match);
    return what === undefined ? [] : [{ path: file.path, line: lineOf(file, start), what }];
  });
}
