/** What a thing was or is, as the audit tells it: by its digest, so that an entry is small and says nothing that is secret. */
import type { Digest, Json } from '@guise/model';
import { digestOfJson } from '@guise/model';

/** Null for what is not there. */
export function stateDigest(state: Json): Digest | null {
  return state === null ? null : digestOfJson(state);
}
