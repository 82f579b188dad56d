/**
 * Takes the text of the files that a document names into the document.
 *
 * Templates in that text are rendered like any other; their problems stand where the file is named.
 * Throws: `document_invalid` when a file is missing, is not UTF-8 text, or is too large.
 */
import { limits } from '../limits.ts';
import type { PersonaFolder } from './persona-folder.ts';
import { besideDocument } from './persona-path.ts';
import { positionOf } from './position-of.ts';
import { errorOf, type Position, problemOf, quotedPath } from './problem.ts';
import type { LocatedDocument } from './resolved.ts';
import type { PersonaDocument } from './schema.ts';

export interface InlinedDocument {
  readonly document: LocatedDocument;
  readonly sizeBytes: number;
}

interface Inlining {
  readonly located: LocatedDocument;
  readonly documentPath: string;
  readonly source: PersonaFolder;
  readonly positions: Record<string, Position>;
  leftBytes: number;
}

/** `leftBytes` is how much text this persona may still take in. */
export async function inlineSources(
  located: LocatedDocument,
  documentPath: string,
  source: PersonaFolder,
  leftBytes: number,
): Promise<InlinedDocument> {
  const inlining: Inlining = { located, documentPath, source, positions: { ...located.positions }, leftBytes };
  let document = await withFiles(located.document, inlining);
  document = await withSchemas(document, inlining);
  return {
    document: { file: located.file, document, positions: inlining.positions },
    sizeBytes: leftBytes - inlining.leftBytes,
  };
}

async function withFiles(document: PersonaDocument, inlining: Inlining): Promise<PersonaDocument> {
  if (document.files === undefined) return document;
  const files = { ...document.files };
  for (const [path, { source: relative, ...file }] of Object.entries(files)) {
    if (relative === undefined) continue;
    const content = await textOf(relative, ['files', path, 'source'], ['files', path, 'content'], inlining);
    files[path] = { ...file, content };
  }
  return { ...document, files };
}

async function withSchemas(document: PersonaDocument, inlining: Inlining): Promise<PersonaDocument> {
  const postgresql = document.applications?.postgresql;
  if (postgresql?.databases === undefined) return document;
  const databases = { ...postgresql.databases };
  for (const [name, { schema, ...database }] of Object.entries(databases)) {
    if (schema === undefined) continue;
    const base = ['applications', 'postgresql', 'databases', name];
    const content = await textOf(schema, [...base, 'schema'], [...base, 'schema_content'], inlining);
    databases[name] = { ...database, schema_content: content };
  }
  return { ...document, applications: { ...document.applications, postgresql: { ...postgresql, databases } } };
}

async function textOf(
  relative: string,
  from: readonly string[],
  to: readonly string[],
  inlining: Inlining,
): Promise<string> {
  const { located, source, positions } = inlining;
  const at = positionOf(positions, from);
  const path = besideDocument(inlining.documentPath, relative);
  const refuse = (rule: string, reason: string) => {
    const name = from.join('.');
    const sentence = `Cannot set ${quotedPath(name)}: the value ${rule}, and ${source.shown(path)} ${reason}`;
    return errorOf('document_invalid', [problemOf({ file: located.file, at, path: name, rule, sentence })]);
  };
  const bytes = await source.read(path);
  if (bytes === null) throw refuse('must name a file that is there', 'is not there');
  inlining.leftBytes -= bytes.byteLength;
  if (bytes.byteLength > limits.templateSizeBytes) {
    throw refuse(`must name a file of at most ${limits.templateSizeBytes} bytes`, `has ${bytes.byteLength}`);
  }
  if (inlining.leftBytes < 0) {
    throw refuse(`must keep the files of a persona below ${limits.sourcesSizeBytes} bytes together`, 'goes past that');
  }
  const text = decoded(bytes);
  if (text === null) throw refuse('must name a file of UTF-8 text', 'holds other bytes');
  positions[to.join('.')] = at;
  return text;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
