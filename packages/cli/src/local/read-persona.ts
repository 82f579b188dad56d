/** Reads a persona file with everything it refers to; messages name files as they were typed. */
import { basename, dirname, relative, resolve } from 'node:path';
import { directoryReader } from '@guise/agent';
import { type ResolvedPersona, resolvePersona } from '@guise/model';

/** Throws: `persona_not_found`, `document_invalid` and whatever else resolving finds. */
export function readPersona(cwd: string, file: string): Promise<ResolvedPersona> {
  const path = resolve(cwd, file);
  return resolvePersona(basename(path), directoryReader(dirname(path)));
}
