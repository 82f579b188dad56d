/**
 * The room that a persona needs of its host, with these parameters.
 *
 * Only what it requires is rendered: what else it says may depend on a host, and there is none yet.
 * Throws: `parameter_invalid`, `template_invalid`, `document_invalid`.
 */
import { type Requirements, type Room, roomFor } from '@guise/decide/placement';
import type { LocatedDocument, ParameterValues, PersonaDocument, ResolvedPersona } from '@guise/model';
import { renderPersona } from '@guise/model/documents';

const required = ['required_cores', 'required_ram_gb', 'required_storage_gb'] as const;

export function neededRoom(persona: ResolvedPersona, parameters: ParameterValues, instance: string): Room {
  const requiring = { own: requirementsOf(persona.own), ancestors: persona.ancestors.map(requirementsOf) };
  const { documents } = renderPersona(requiring, { parameters, facts: {}, instance });
  const said: { -readonly [Field in keyof Requirements]: number } = {};
  // The last one that says so counts, as on hosts.
  for (const { document } of documents)
    for (const field of required) if (document[field] !== undefined) said[field] = document[field];
  return roomFor(said);
}

function requirementsOf(located: LocatedDocument): LocatedDocument {
  const kept = ['guise', 'persona_id', 'parameters', ...required];
  const document = Object.fromEntries(Object.entries(located.document).filter(([key]) => kept.includes(key)));
  return { ...located, document: document as unknown as PersonaDocument };
}
