/**
 * What a persona needs of its host and of what that runs on, with these parameters.
 *
 * Only what it needs is rendered: what else it says may depend on a host, and there is none yet.
 * Throws: `parameter_invalid`, `template_invalid`, `document_invalid`.
 */
import { type Requirements, type Room, roomFor } from '@guise/decide/placement';
import type { LocatedDocument, ParameterValues, PersonaDocument, ResolvedPersona } from '@guise/model';
import { renderPersona } from '@guise/model/documents';

const required = ['required_cores', 'required_ram_gb', 'required_storage_gb'] as const;
const kept: readonly string[] = ['guise', 'persona_id', 'parameters', 'resource_allocation', ...required];

export interface RenderedNeeds {
  readonly room: Room;
  /** `operating_system.image`. */
  readonly image: string | null;
  readonly allocated: PersonaDocument['resource_allocation'] | null;
}

export function renderedNeeds(persona: ResolvedPersona, parameters: ParameterValues, instance: string): RenderedNeeds {
  const needing = { own: needsIn(persona.own), ancestors: persona.ancestors.map(needsIn) };
  const { documents } = renderPersona(needing, { parameters, facts: {}, instance });
  const said: { -readonly [Field in keyof Requirements]: number } = {};
  // The last one that says so counts, as on hosts.
  for (const { document } of documents)
    for (const field of required) if (document[field] !== undefined) said[field] = document[field];
  return {
    room: roomFor(said),
    image: lastOf(documents, ({ operating_system }) => operating_system?.image),
    allocated: lastOf(documents, ({ resource_allocation }) => resource_allocation),
  };
}

function lastOf<Value>(
  documents: readonly LocatedDocument[],
  read: (document: PersonaDocument) => Value | undefined,
): Value | null {
  return documents.map(({ document }) => read(document)).findLast((value) => value !== undefined) ?? null;
}

function needsIn(located: LocatedDocument): LocatedDocument {
  const { operating_system, ...others } = located.document;
  const image = operating_system?.image;
  const document = {
    ...Object.fromEntries(Object.entries(others).filter(([key]) => kept.includes(key))),
    ...(image === undefined ? {} : { operating_system: { image } }),
  };
  return { ...located, document: document as unknown as PersonaDocument };
}
