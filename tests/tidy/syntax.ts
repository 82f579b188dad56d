/** What the rules ask of a parsed file: which modules it names, and which nodes it has. */
import type { Node } from 'oxc-parser';
import type { SourceFile } from './repository.ts';

export interface ModuleReference {
  readonly specifier: string;
  /** Offset in the file. */
  readonly start: number;
}

/** Every module that a file names: import, export from, import() of a literal, and import types. */
export function moduleReferences(file: SourceFile): readonly ModuleReference[] {
  const { staticImports, staticExports } = file.module;
  const requests = [
    ...staticImports.map(({ moduleRequest }) => moduleRequest),
    ...staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest)),
  ].filter((request) => request !== null);
  const inner = [...nodes(file)].flatMap((node) =>
    (node.type === 'ImportExpression' || node.type === 'TSImportType') && node.source.type === 'Literal'
      ? [{ specifier: String(node.source.value), start: node.start }]
      : [],
  );
  return [...requests.map(({ value, start }) => ({ specifier: value, start })), ...inner];
}

/** Every node of a file, parents before children. */
export function nodes(file: SourceFile): Generator<Node> {
  return descend(file.program);
}

function* descend(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* descend(item);
  } else if (typeof value === 'object' && value !== null) {
    if ('type' in value && typeof value.type === 'string') yield value as Node;
    for (const child of Object.values(value)) yield* descend(child);
  }
}

/** The package that a bare specifier belongs to: `@scope/name/deep` → `@scope/name`; undefined for `node:` and relative ones. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('node:')) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
