/**
 * What was sent to be published → a persona with nothing left to look up, every document in it checked.
 *
 * An envelope is verified before anything in it is looked at; see signed-version.ts.
 * Text is resolved here: the files it names came with it, and its parents are the current versions of this repository. A persona
 * that was resolved elsewhere is checked document by document; its own positions are kept.
 * Throws: `signature_missing` for what nobody signed where authors have to; what opening an envelope throws; what reading a persona throws: `document_invalid` with every problem, `extends_cycle`, `limit_exceeded`.
 */
import type { CallOf, Routes } from '@guise/api';
import type { LocatedDocument, PersonaId, PersonaReader, ResolvedPersona } from '@guise/model';
import { parseDocument, resolvePersona } from '@guise/model/documents';
import type { Database } from '../store/database.ts';
import { findVersion } from '../store/personas.ts';
import { unsigned } from './publish-persona.ts';
import type { Trust } from './served-trust.ts';
import { openSigned, type SignedPersona } from './signed-version.ts';

type Sent = CallOf<Routes['publishPersona']>['body'];
type Text = Extract<Sent, { readonly document: string }>;

export interface Publication {
  readonly persona: ResolvedPersona;
  /** Null: this control plane signs it itself. */
  readonly signed: SignedPersona | null;
}

interface Parts {
  readonly database: Database;
  readonly trust: Trust;
  /** Is asked before a persona of this repository becomes a part of another. */
  readonly requireParent: (personaId: string) => Promise<void>;
}

export async function readPublication(parts: Parts, sent: Sent): Promise<Publication> {
  const { database, trust, requireParent } = parts;
  if ('envelope' in sent) {
    const signed = await openSigned(database, trust, sent.envelope);
    return { persona: checked(signed.opened.statement.persona), signed };
  }
  if ('persona' in sent) {
    const persona = checked(sent.persona);
    return mayBeUnsigned(database, trust, persona);
  }
  const entry = (sent.file ?? 'persona.yaml').split('/').at(-1) || 'persona.yaml';
  const reader = repositoryReader(database, entry, sent, requireParent);
  return mayBeUnsigned(database, trust, await resolvePersona(entry, reader));
}

/** Said before anything is looked for that the persona may lack. */
async function mayBeUnsigned(database: Database, trust: Trust, persona: ResolvedPersona): Promise<Publication> {
  if ((await trust.served(database)).key === null) throw unsigned(persona.own.document.persona_id);
  return { persona, signed: null };
}

function checked(persona: ResolvedPersona): ResolvedPersona {
  for (const located of [...persona.ancestors, persona.own]) checkDocument(located);
  return persona;
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
