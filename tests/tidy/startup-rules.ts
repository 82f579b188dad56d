/** What is loaded before anything is asked for: the agent has it in memory for good, and every command waits for it. */
import { posix } from 'node:path';
import { isTest, lineOf, type Repository, type SourceFile } from './repository.ts';
import type { Finding, Rule } from './rule.ts';

/** Parsers, schemas, evaluators and TLS, which few runs need. An `import` of node:http brings undici; agent/src/host/node-http.ts does not. */
const heavy = /^(yaml|re2js|ws|croner|@bufbuild\/.*|node:(http|https|http2|tls))$/;
const heavyOrZod = new RegExp(`${heavy.source}|^zod$`);

/** File → what it must not reach by static imports. A resident agent has zod, which its socket and the wire need. */
const entries: Readonly<Record<string, RegExp>> = {
  'packages/model/src/index.ts': heavyOrZod,
  'packages/decide/src/index.ts': heavyOrZod,
  'packages/agent/src/main.ts': heavy,
  'packages/cli/src/main.ts': heavyOrZod,
  'packages/cli/src/run-cli.ts': heavyOrZod,
  'packages/cli/src/commands/plan.ts': heavyOrZod,
  'packages/cli/src/commands/apply.ts': heavyOrZod,
  'packages/cli/src/commands/rollback.ts': heavyOrZod,
  'packages/cli/src/commands/active.ts': heavyOrZod,
  'packages/cli/src/commands/why.ts': heavyOrZod,
  'packages/cli/src/commands/drift.ts': heavyOrZod,
  'packages/cli/src/commands/history.ts': heavyOrZod,
};

/** The first of these in a process brings ICU's data of all locales, 8 MiB, for good. */
const locales = /\bIntl\.\w+\(|\.localeCompare\(|\.toLocale\w*\(/g;
/** Where zones are known by their names, which a resident agent asks only about what it could not have checked elsewhere. */
const knowsLocales = new Set([
  'packages/decide/src/triggers/zones.ts',
  'packages/decide/src/triggers/trigger-reader.ts',
]);

export const startupRules: readonly Rule[] = [
  {
    name: 'what runs often loads little',
    why: 'import it where it is used, with import(), or give what needs it an entry of its own as @guise/model/documents has',
    check: (repository) =>
      Object.entries(entries).flatMap(([entry, forbidden]) => reached(repository, entry, forbidden)),
    bad: [
      {
        'packages/agent/src/main.ts': "import './a.ts';",
        'packages/agent/src/a.ts': "import { WebSocket } from 'ws';",
      },
      { 'packages/cli/src/main.ts': "export { a } from './a.ts';", 'packages/cli/src/a.ts': "import 'node:http';" },
      {
        'packages/cli/src/run-cli.ts': "import { a } from '@guise/model/b';",
        'packages/model/package.json': '{"exports": {"./b": "./src/b.ts"}}',
        'packages/model/src/b.ts': "import { z } from 'zod';",
      },
    ],
    good: [
      { 'packages/agent/src/main.ts': "import { z } from 'zod';\nimport type { Server } from 'node:http';" },
      { 'packages/cli/src/main.ts': "await import('./a.ts');", 'packages/cli/src/a.ts': "import 'yaml';" },
    ],
  },
  {
    name: 'a resident agent has no locales',
    why: 'compare strings with < and take zones from a port, as decide/src/triggers/zones.ts has it',
    check: ({ sources }) =>
      sources
        .filter((file) => /^packages\/(model|decide|api|agent)\/src\//.test(file.path) && !isTest(file))
        .filter(({ path }) => !knowsLocales.has(path))
        .flatMap((file) =>
          [...file.text.matchAll(locales)].map(({ index, 0: what }) => ({
            path: file.path,
            line: lineOf(file, index),
            what: `calls ${what.slice(0, -1)}`,
          })),
        ),
    bad: [
      { 'packages/agent/src/a.ts': "export const a = new Intl.DateTimeFormat('en');" },
      { 'packages/decide/src/a.ts': "['b', 'a'].sort((one, other) => one.localeCompare(other));" },
      { 'packages/model/src/a.ts': 'export const a = (1).toLocaleString();' },
    ],
    good: [
      {
        'packages/decide/src/triggers/zones.ts': "export const a = new Intl.DateTimeFormat('en');",
        'packages/cli/src/a.ts': 'export const a = (1).toLocaleString();',
        'packages/agent/src/a.ts': 'export const formats = new Map<string, Intl.DateTimeFormat>();',
      },
    ],
  },
];

function reached({ files, sources }: Repository, entry: string, forbidden: RegExp): readonly Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const findings: Finding[] = [];
  const seen = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const file = byPath.get(path);
    if (seen.has(path) || file === undefined) continue;
    seen.add(path);
    for (const specifier of valueImports(file)) {
      if (forbidden.test(specifier)) findings.push({ path, line: 0, what: `${entry} loads ${specifier}` });
      const next = resolved(specifier, path, (name) => files.get(name)?.text);
      if (next !== undefined) pending.push(next);
    }
  }
  return findings;
}

/** The modules that a file loads with itself: types are gone by then, and import() comes later. */
function valueImports({ module }: SourceFile): readonly string[] {
  const imports = module.staticImports
    .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
    .map(({ moduleRequest }) => moduleRequest.value);
  const exports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) => (moduleRequest === null || isType ? [] : [moduleRequest.value])),
  );
  return [...imports, ...exports];
}

/** The file of this repository that a specifier means; undefined for anybody else's. */
function resolved(specifier: string, from: string, read: (path: string) => string | undefined): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  const [, name, inside = ''] = /^@guise\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  const { exports = {} } = JSON.parse(read(`packages/${name}/package.json`) ?? '{}') as {
    exports?: Readonly<Record<string, string>>;
  };
  return posix.join('packages', name, exports[`.${inside}`] ?? '');
}
