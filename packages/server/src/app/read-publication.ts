/**
 * What was sent to be published → a persona with nothing left to look up, every document in it checked.
 *
 * Text is resolved here: the files it names came with it, and its parents are the current versions of this repository. A persona
 * that was resolved elsewhere is checked document by document; its own positions are kept.
 * Throws: what reading a persona throws: `document_invalid` with every problem, `extends_cycle`, `limit_exceeded`.
 */
import type { CallOf, Routes } from '@guise/api';
import type { LocatedDocument, PersonaId, PersonaReader, ResolvedPersona } from '@guise/model';
import { parseDocument, resolvePersona } from '@guise/model/documents';
import type { Database } from '../store/database.ts';
import { findVersion } from '../store/personas.ts';

type Publication = CallOf<Routes['publishPersona']>['body'];
type Text = Extract<Publication, { readonly document: string }>;

/** `requireParent` is asked before a persona of this repository becomes a part of it. */
export async function readPublication(
  database: Database,
  publication: Publication,
  requireParent: (personaId: string) => Promise<void>,
): Promise<ResolvedPersona> {
  if ('document' in publication) {
    const entry = (publication.file ?? 'persona.yaml').split('/').at(-1) || 'persona.yaml';
    return resolvePersona(entry, repositoryReader(database, entry, publication, requireParent));
  }
  const { own, ancestors } = publication.persona;
  for (const located of [...ancestors, own]) checkDocument(located);
  return publication.persona;
}

/** The entry and its files as sent; any other document is a persona of this repository, `hardened.yaml` for `hardened`. */
function repositoryReader(
  database: Database,
  entry: string,
  { document, files = {} }: Text,
  requireParent: (personaId: string) => Promise<void>,
): PersonaReader {
  const encoder = new TextEncoder();
  return {
    read: async (_folder, path) => {
      if (path === entry) return encoder.encode(document);
      if (Object.hasOwn(files, path)) return encoder.encode(files[path]);
      const id = /^([a-z0-9._-]+)\.yaml$/.exec(path)?.[1];
      if (id !== undefined) await requireParent(id);
      const parent = id === undefined ? null : await findVersion(database, id as PersonaId);
      return parent === null ? null : encoder.encode(jsonText(parent.persona.own));
    },
    list: async () => Object.keys(files),
  };
}

/** Its sender's positions are about the sender's text, so a problem is placed in the JSON, and the name says so. */
function checkDocument(located: LocatedDocument): void {
  parseDocument(jsonText(located), `${located.file} (as JSON)`);
}

function jsonText({ document }: LocatedDocument): string {
  return JSON.stringify(document, null, 2);
}
