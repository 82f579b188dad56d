/**
 * Puts every address of a transaction back to its pre-image, from whatever the host is now.
 *
 * Undo is a plan like any other: live → pre-image, ordered by the same rules. It is idempotent, so a killed undo is simply
 * run again, and it is tried `limits.undoAttempts` times because what failed may have been passing (a lock, a full disk that
 * the undo itself empties). When live still differs, the host is left as it is and the transaction is `stuck`.
 * Throws: `undo_failed`, naming every address that is not what it was.
 */
import { differingFields, invertPlan } from '@guise/decide';
import type { Address, Plan, State } from '@guise/model';
import { GuiseError, isSecretState, kindOf, limits, shownValue } from '@guise/model';
import type { ApplyContext } from '../resources/adapter.ts';
import { act } from './act.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';

export interface UndoInput {
  readonly plan: Plan;
  /** Services may have seen the new files, so they must be told about the old ones. */
  readonly servicesBegun: boolean;
  readonly adapters: Adapters;
  readonly context: ApplyContext;
  readonly onStage: (detail: string) => void;
}

export async function undo({ plan, servicesBegun, adapters, context, onStage }: UndoInput): Promise<void> {
  const preImages = new Map(
    plan.stages.flatMap((stage) => stage.changes.map(({ address, before }) => [address, before] as const)),
  );
  // What a kind needs to know to look: mostly what was there, and for what was not, what was to be made.
  const known = new Map(
    plan.stages.flatMap((stage) =>
      stage.changes.map(({ address, before, after }) => [address, { ...after, ...before }] as const),
    ),
  );
  const secrets = new Set(
    plan.stages.flatMap((stage) =>
      stage.changes.flatMap(({ address, before, after }) =>
        isSecretState(before) || isSecretState(after) ? [address] : [],
      ),
    ),
  );
  const look = () => observe({ addresses: preImages.keys(), known, secrets, adapters, context });
  let failure: unknown = null;
  for (let attempt = 1; attempt <= limits.undoAttempts; attempt++) {
    failure = null;
    try {
      await sweep(preImages.keys(), adapters, context);
      const stages = invertPlan({ plan, live: await look(), servicesBegun });
      await act({
        stages,
        adapters,
        context,
        onServices: () => {},
        onStage: (stage) => onStage(`${stage.kind}: ${stage.changes.length}`),
      });
      await context.host.files.sync();
      if (differing(preImages, await look()).length === 0) return;
    } catch (error) {
      failure = error;
    }
  }
  let left: readonly string[] = [];
  try {
    left = differing(preImages, await look());
  } catch (error) {
    // What cannot even be looked at, such as secret content without its key, is a host that needs a person.
    failure ??= error;
  }
  if (left.length === 0 && failure === null) return;
  const named = left.length === 0 ? 'a step kept failing' : `not as before: ${left.join(', ')}`;
  const why = failure instanceof Error ? ` (${failure.message})` : '';
  throw new GuiseError('undo_failed', `Cannot put this host back: ${named}${why}`, { cause: failure });
}

/** A killed run may have left temporary files beside what it was writing. */
async function sweep(addresses: Iterable<Address>, adapters: Adapters, context: ApplyContext): Promise<void> {
  for (const [kind, ofKind] of Map.groupBy(addresses, kindOf)) await adapters[kind].sweep?.(ofKind, context);
}

/** Such as `mount:/mnt/data (options is [] and was ["size=1m"])`. */
function differing(preImages: ReadonlyMap<Address, State>, live: ReadonlyMap<Address, State>): readonly string[] {
  return [...preImages].flatMap(([address, before]) => {
    const now = live.get(address) ?? {};
    const [field] = differingFields(address, now, before);
    return field === undefined
      ? []
      : [
          `${address} (${field} is ${JSON.stringify(shownValue(now[field] ?? null))} and was ${JSON.stringify(shownValue(before[field] ?? null))})`,
        ];
  });
}
