/**
 * A persona file becomes a statement: resolved and checked as publishing does it, and put after the version before.
 *
 * Files are named as from the persona's own folder, so that what is signed does not depend on where somebody stood.
 * Throws: what reading a persona throws; `argument_invalid` when the version before is of something else.
 */

import { checkPersona } from '@guise/decide/triggers';
import { personaContent, unverifiedPersona } from '@guise/decide/trust';
import { GuiseError, type LocatedDocument, type ResolvedPersona } from '@guise/model';
import type { PersonaStatement } from '@guise/model/trust';
import { readPersona } from '../local/read-persona.ts';
import { readEnvelopeFile } from './envelope-files.ts';

export interface StatementOptions extends Pick<PersonaStatement, 'organization' | 'environment' | 'expires_at'> {
  /** Null: the one after the version before, or 1. */
  readonly version: number | null;
  /** An envelope with the version before. */
  readonly previousFile: string | null;
}

export async function personaStatementOf(file: string, options: StatementOptions): Promise<PersonaStatement> {
  const { organization, environment, expires_at, previousFile } = options;
  const persona = portable(await readPersona(file), file);
  await checkPersona(persona);
  const content = personaContent(persona);
  const before = previousFile === null ? null : unverifiedPersona(readEnvelopeFile(previousFile));
  if (before !== null) {
    const said = { organization, environment, persona_id: content.persona_id };
    requireSame(before.statement, said, previousFile ?? '');
  }
  const version = options.version ?? (before?.statement.version ?? 0) + 1;
  if (before !== null && version !== before.statement.version + 1) {
    const next = before.statement.version + 1;
    throw new GuiseError(
      'argument_invalid',
      `Cannot make version ${version}: after ${previousFile} comes version ${next}`,
    );
  }
  return { organization, environment, version, previous: before?.digest ?? null, expires_at, ...content };
}

function requireSame(
  before: PersonaStatement,
  said: Pick<PersonaStatement, 'organization' | 'environment' | 'persona_id'>,
  file: string,
): void {
  for (const [key, value] of Object.entries(said)) {
    const found = before[key as keyof typeof said];
    if (found === value) continue;
    throw new GuiseError('argument_invalid', `Cannot follow ${file}: its ${key} is ${found}, and not ${value}`);
  }
}

function portable({ own, ancestors }: ResolvedPersona, entry: string): ResolvedPersona {
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  const named = (located: LocatedDocument) => ({
    ...located,
    file: located.file.startsWith(folder) ? located.file.slice(folder.length) : located.file,
  });
  return { own: named(own), ancestors: ancestors.map(named) };
}
