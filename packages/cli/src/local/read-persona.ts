/** Reads a persona file with everything it refers to; messages name files as they were typed. */
import { directoryReader } from '@guise/agent';
import type { ResolvedPersona } from '@guise/model';

/** Throws: `persona_not_found`, `document_invalid` and whatever else resolving finds. */
export async function readPersona(file: string): Promise<ResolvedPersona> {
  const { resolvePersona } = await import('@guise/model/documents');
  return resolvePersona(file, directoryReader());
}
