/** Reads a persona file with everything it refers to; messages name files as they were typed. */
import { directoryReader } from '@guise/agent';
import { type ResolvedPersona, resolvePersona } from '@guise/model';

/** Throws: `persona_not_found`, `document_invalid` and whatever else resolving finds. */
export function readPersona(file: string): Promise<ResolvedPersona> {
  return resolvePersona(file, directoryReader());
}
