/** Chooses the closest fitting host; the one that is chosen is taken as the step ends, if it is still free then. */
import { GuiseError, limits } from '@guise/model';
import { parameterValues } from '@guise/model/documents';
import { giveUp, takeHost } from '../../app/activation-moves.ts';
import { chooseHost } from '../../app/choose-host.ts';
import { type Activation, findActivation } from '../../store/activations.ts';
import type { Database } from '../../store/database.ts';
import { findVersion } from '../../store/personas.ts';
import { poolHosts } from '../../store/pool-hosts.ts';
import type { ActivationParts, TakeStep } from './activation-flow.ts';

export function chooseStep({ database }: ActivationParts): TakeStep {
  return async ({ data: { activation_id }, now }) => {
    const activation = await findActivation(database, activation_id);
    if (activation?.state !== 'pending') return { next: 'end' };
    const fault = await faultOf(database, activation);
    const { tries } = activation;
    if (fault !== null) {
      const reasons = [...tries, { host_id: '*', reason: fault }];
      return { next: 'end', commit: (tx) => giveUp(tx, activation_id, reasons) };
    }
    if (tries.length >= limits.activationHostsTried)
      return { next: 'end', commit: (tx) => giveUp(tx, activation_id, tries) };
    const choice = chooseHost(await poolHosts(database, activation.pool_id), activation);
    switch (choice.type) {
      case 'host':
        return { next: 'follow', commit: (tx) => takeHost(tx, activation_id, choice.hostId) };
      case 'wait':
        return { next: 'choose', dueAt: new Date(now.getTime() + limits.activationLookMs) };
      case 'none':
        return { next: 'end', commit: (tx) => giveUp(tx, activation_id, choice.tries) };
    }
  };
}

/** The persona may have gone or changed since it was asked for. */
async function faultOf(database: Database, { persona_id, version, parameters }: Activation): Promise<string | null> {
  const found = await findVersion(database, persona_id, version ?? undefined);
  if (found === null) return `there is no persona "${persona_id}" any more`;
  try {
    parameterValues(found.persona, parameters);
    return null;
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return error.message;
  }
}
