/** Reads a persona file with everything it refers to; messages name files as they were typed. */
import { existsSync } from 'node:fs';
import { directoryReader, keptHere, RememberedPersonas } from '@guise/agent';
import type { ResolvedPersona } from '@guise/model';
import type { placesOf } from './host-place.ts';

/** Throws: `persona_not_found`, `document_invalid` and whatever else resolving finds. */
export type ReadPersona = (file: string) => Promise<ResolvedPersona>;

export const readPersona: ReadPersona = async (file) => {
  const { resolvePersona } = await import('@guise/model/documents');
  return resolvePersona(file, directoryReader());
};

/** The same for a host's own commands: what they read before and is unchanged is not read again. A root that is not there is not made. */
export function rememberingReader({ root, stateDirectory }: ReturnType<typeof placesOf>): ReadPersona {
  const personas = new RememberedPersonas(directoryReader(), existsSync(root) ? keptHere(stateDirectory) : null);
  return (file) => personas.resolve(file);
}
