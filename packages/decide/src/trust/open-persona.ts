/**
 * Opens a signed version of a persona: what it returns is what its authors signed for this organisation and environment, and nothing else.
 *
 * The documents inside are as deep as their signers made them; the parser of the model looks at them when they are compiled.
 * Shape: an end that has passed is told, not thrown, because what is active outlives it.
 * Throws: `envelope_invalid`, `signature_missing`.
 */
import { canonicalJson, GuiseError, type Json } from '@guise/model';
import { type Envelope, type PersonaStatement, payloadTypes, personaStatement } from '@guise/model/trust';
import { type OpenOptions, openStatement, type Unverified, unverifiedStatement } from './open-statement.ts';
import { personaContent } from './persona-content.ts';
import { type Refuse, refuser } from './refusal.ts';
import type { Opened, TrustedRoot } from './trusted-root.ts';

const kind = {
  payloadType: payloadTypes.persona,
  schema: personaStatement,
  refuse: refuser('the signed persona', 'envelope_invalid'),
};

export function openPersona(envelope: Envelope, trusted: TrustedRoot, options: OpenOptions): Opened<PersonaStatement> {
  const opened = openStatement(envelope, trusted, { ...kind, rules: trusted.personas }, options);
  requireOwnContent(opened.statement, kind.refuse);
  return opened;
}

/** For whoever is about to sign it too, or makes the version after it. Throws: `envelope_invalid`. */
export function unverifiedPersona(envelope: Envelope): Unverified<PersonaStatement> {
  const read = unverifiedStatement(envelope, kind);
  requireOwnContent(read.statement, kind.refuse);
  return read;
}

/** For whoever is about to use something anew. Throws: `signature_expired`. */
export function refuseExpired(opened: Opened<{ readonly persona_id: string; readonly version?: number }>): void {
  if (!opened.expired) return;
  const { persona_id: id, version } = opened.statement;
  const name = version === undefined ? id : `${id}@${version}`;
  throw new GuiseError('signature_expired', `Cannot use what was signed for ${name}: it ended at ${opened.expiresAt}`);
}

function requireOwnContent(statement: PersonaStatement, refuse: Refuse): void {
  const { persona: _, ...content } = contentOf(statement, refuse);
  for (const [key, value] of Object.entries(content)) {
    const said = statement[key as keyof typeof content];
    if (canonicalJson(said as Json) !== canonicalJson(value as Json)) {
      throw refuse(`its ${JSON.stringify(key)} is not that of the persona inside it`);
    }
  }
}

/** Signed or not, a document may have anything where texts are expected. */
function contentOf({ persona }: PersonaStatement, refuse: Refuse) {
  try {
    return personaContent(persona);
  } catch {
    throw refuse('the persona inside it is not one');
  }
}
