/** Decision records: what refers to one must find it, and what enforces one must exist. */
import { posix } from 'node:path';
import type { Repository, RepositoryFile } from './repository.ts';
import { each, type Rule } from './rule.ts';
import { findText } from './text-rules.ts';

const recordFile = /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/;

export const decisionRules: readonly Rule[] = [
  {
    name: 'decision records are numbered once and named in kebab-case',
    why: 'docs/adr/0007-title.md, with the next free number',
    check: ({ files }) => {
      const seen = new Set<string>();
      return each(files.keys(), (path) => {
        if (!path.startsWith('docs/adr/') || path === 'docs/adr/README.md') return [];
        const number = recordFile.exec(path)?.[1];
        if (number === undefined) return [{ path, line: 0, what: 'not a name of a decision record' }];
        const isSecond = seen.has(number);
        seen.add(number);
        return isSecond ? [{ path, line: 0, what: `${number} is taken` }] : [];
      });
    },
    bad: [{ 'docs/adr/one.md': '' }, { 'docs/adr/0001-a.md': '', 'docs/adr/0001-b.md': '' }],
    good: [{ 'docs/adr/0001-a.md': '', 'docs/adr/README.md': '' }],
  },
  {
    name: 'every decision record that is named exists',
    why: 'write it, or name the right one',
    check: (repository) =>
      each(repository.files.values(), (file) =>
        // The samples below name records that must not exist.
        file.path === 'tests/tidy/decision-rules.ts'
          ? []
          : findText(file, /\bdocs\/adr\/(?:\d{4}[\w-]*(?:\.md)?)|\bADR[- ]?\d{4}\b/g, (text) => text).filter(
              ({ what }) => !recordExists(repository, what),
            ),
      ),
    bad: [
      { 'packages/model/src/a.ts': '/** Source: docs/adr/0042. */' },
      { 'ARCHITECTURE.md': 'as ADR 0042 says' },
      { 'ARCHITECTURE.md': '[why](docs/adr/0001-b.md)', 'docs/adr/0001-a.md': '' },
    ],
    good: [
      { 'packages/model/src/a.ts': '/** docs/adr/0001; ADR-0001; docs/adr/0001-a.md */', 'docs/adr/0001-a.md': '' },
    ],
  },
  {
    name: 'what enforces a decision exists',
    why: 'name a path in backticks after "Enforced by"',
    check: ({ files }) =>
      each(files.values(), (file) => {
        if (!recordFile.test(file.path)) return [];
        const paths = enforcersOf(file);
        if (paths.length === 0) return [{ path: file.path, line: 0, what: 'says not what enforces it' }];
        return paths
          .filter((path) => ![...files.keys()].some((name) => name === path || name.startsWith(`${path}/`)))
          .map((path) => ({ path: file.path, line: 0, what: `${path} does not exist` }));
      }),
    bad: [{ 'docs/adr/0001-a.md': 'Context.' }, { 'docs/adr/0001-a.md': 'Enforced by: `tests/gone.test.ts`' }],
    good: [
      { 'docs/adr/0001-a.md': '*Enforced by* `tests/a.test.ts`.', 'tests/a.test.ts': '' },
      { 'docs/adr/0001-a.md': '## Enforced by\n\n- `tests/host/`\n', 'tests/host/a.test.ts': '' },
    ],
  },
];

/** Everything in backticks with a slash or an extension, from the words "enforced by" on. */
function enforcersOf({ text }: RepositoryFile): readonly string[] {
  const [, after = ''] = text.split(/enforced by/i);
  return [...after.matchAll(/`([\w./-]+[./][\w./-]*)`/g)].map(([, path = '']) =>
    posix.normalize(path).replace(/\/$/, ''),
  );
}

function recordExists({ files }: Repository, reference: string): boolean {
  if (reference.endsWith('.md')) return files.has(reference);
  const number = /\d{4}/.exec(reference)?.[0];
  return [...files.keys()].some((path) => recordFile.exec(path)?.[1] === number);
}
