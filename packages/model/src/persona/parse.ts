/**
 * Reads a persona document: YAML 1.2 or JSON, as an author wrote it, templates not yet rendered.
 *
 * Time and memory are bounded by `limits.documentSizeBytes`, `documentNodes` and `documentDepth`, whatever the bytes are.
 * Throws: `document_too_large`; `document_invalid` with every problem found, at most `limits.problemsReported`, sorted.
 */
import { documentText } from './document-text.ts';
import { documentTree } from './document-tree.ts';
import { errorOf } from './problem.ts';
import type { LocatedDocument } from './resolved.ts';
import type { PersonaDocument } from './schema.ts';
import { documentProblems } from './validate.ts';

/** `file` is how messages name the document. */
export function parseDocument(input: Uint8Array | string, file: string): LocatedDocument {
  const { value, positions, sources, problems } = documentTree(documentText(input, file), file);
  if (value === undefined) throw errorOf('document_invalid', problems);
  const known = new Set(problems.map((problem) => problem.path));
  const further = documentProblems({ file, value, positions, sources }, 'pass').filter(({ path }) => !known.has(path));
  if (problems.length + further.length > 0) throw errorOf('document_invalid', [...problems, ...further]);
  // Checked as far as it can be before its templates are rendered, hence the cast.
  return { file, document: value as PersonaDocument, positions };
}
