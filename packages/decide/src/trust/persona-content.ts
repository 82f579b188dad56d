/**
 * What a statement says of the persona inside it, all of which follows from the persona: so it is made here for signing, and compared
 * with what was signed when it is opened.
 *
 * Shape: a resolved persona → its id and category, each ancestor's digest, furthest first, and each text's digest, sorted by place.
 */
import { digestOfBytes, digestOfJson, type Json, type LocatedDocument, type ResolvedPersona } from '@guise/model';
import type { PersonaStatement } from '@guise/model/trust';
import { compareText } from '../layers/precedence.ts';

export type PersonaContent = Pick<PersonaStatement, 'persona_id' | 'category' | 'extends' | 'files' | 'persona'>;

export function personaContent(persona: ResolvedPersona): PersonaContent {
  const { own, ancestors } = persona;
  return {
    persona_id: own.document.persona_id,
    category: own.document.category ?? null,
    extends: ancestors.map(({ document }) => ({
      persona_id: document.persona_id,
      digest: digestOfJson(document as unknown as Json),
    })),
    files: [...ancestors, own].flatMap(textsOf).sort((a, b) => compareText(a.path, b.path)),
    persona,
  };
}

function textsOf({ document }: LocatedDocument): PersonaContent['files'] {
  const files = Object.entries(document.files ?? {}).map(([path, { content }]) => [`files.${path}.content`, content]);
  const databases = Object.entries(document.applications?.postgresql?.databases ?? {}).map(
    ([name, { schema_content: content }]) => [`applications.postgresql.databases.${name}.schema_content`, content],
  );
  return [...files, ...databases].flatMap(([place, content]) =>
    content === undefined
      ? []
      : [{ path: `${document.persona_id}:${place}`, digest: digestOfBytes(new TextEncoder().encode(content)) }],
  );
}
