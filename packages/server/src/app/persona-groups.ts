/**
 * What changes with the groups of a persona: every host whose tag `persona_group` names one of them has the persona as a candidate.
 *
 * Invariant: a persona in a group can be used as it is, because a tag gives no parameters.
 */
import type { PersonaId, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';
import { parameterValues } from '@guise/model/documents';
import type { Executor } from '../store/database.ts';
import { groupsOfPersona } from '../store/persona-list.ts';
import type { Signal } from '../store/signal.ts';

/**
 * Called before another version becomes current; what it answers with, called after that, tells the hosts of the groups that the
 * persona came into or left. Those of the groups that it stays in hear of the persona itself.
 * Throws: `parameter_invalid`.
 */
export async function regrouping(tx: Executor, next: ResolvedPersona): Promise<() => Promise<readonly Signal[]>> {
  const personaId = next.own.document.persona_id as PersonaId;
  const before = await groupsOfPersona(tx, personaId);
  if (before.length > 0 || (next.own.document.persona_groups ?? []).length > 0) requireNoParameters(next);
  return async () => {
    const after = await groupsOfPersona(tx, personaId);
    const left = before.filter((group) => !after.includes(group));
    return left.map((group) => ({ type: 'desired', scope: { persona_group: group } }));
  };
}

export function requireNoParameters(persona: ResolvedPersona): void {
  try {
    parameterValues(persona, {});
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    throw new GuiseError(
      'parameter_invalid',
      `Cannot have "${persona.own.document.persona_id}" in a persona group, which gives no parameters: ${error.message}`,
      { problems: error.problems, cause: error },
    );
  }
}
