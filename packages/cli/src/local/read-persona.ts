/** Reads a persona file with everything it refers to; messages name files as they were typed. */
import { directoryReader, keptHere, RememberedPersonas } from '@guise/agent';
import type { ResolvedPersona } from '@guise/model';

/** Throws: `persona_not_found`, `document_invalid` and whatever else resolving finds. */
export type ReadPersona = (file: string) => Promise<ResolvedPersona>;

export const readPersona: ReadPersona = async (file) => {
  const { resolvePersona } = await import('@guise/model/documents');
  return resolvePersona(file, directoryReader());
};

/** The same for a host's own commands: what they read before and is unchanged is not read again. */
export function rememberingReader(stateDirectory: string): ReadPersona {
  const personas = new RememberedPersonas(directoryReader(), keptHere(stateDirectory));
  return (file) => personas.resolve(file);
}
