/** A published persona as people name it: `web` for the current version, `web@3` for that one. */
import type { Client } from '@guise/api';
import { type PersonaId, parsePersonaId } from '@guise/model';

export interface PersonaReference {
  readonly personaId: PersonaId;
  /** Null: the current one. */
  readonly version: number | null;
}

/** Throws: `argument_invalid`. */
export function parseReference(text: string): PersonaReference {
  const [, name = text, version] = /^(.*)@(\d{1,9})$/.exec(text) ?? [];
  return { personaId: parsePersonaId(name), version: version === undefined ? null : Number(version) };
}

/** Throws: `persona_not_found`, `version_not_found`. */
export function publishedPersona(
  client: Client,
  { personaId, version }: PersonaReference,
): ReturnType<Client['getPersona']> {
  if (version === null) return client.getPersona({ params: { persona_id: personaId } });
  return client.getVersion({ params: { persona_id: personaId, version } });
}
