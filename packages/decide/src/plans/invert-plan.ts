/**
 * The way back: from whatever the host is by now to every pre-image of a plan, ordered by the same rules.
 *
 * An address that already is its pre-image is left out, so undoing twice is undoing once. A service that may have seen the new
 * files is told again of the old ones, but only when the services' turn had come.
 * Shape: the plan's n changes → at most n.
 */
import type { Address, Change, Plan, Stage, State } from '@guise/model';
import { kindOf } from '@guise/model';
import { differingFields } from '../kinds/difference.ts';
import { kindRules } from '../kinds/index.ts';
import { carriedOver } from './carried.ts';
import { changeOf, stateOf } from './make-plan.ts';
import { stagesOf } from './stages.ts';

export interface InvertInput {
  readonly plan: Pick<Plan, 'stages'>;
  /** Every address of the plan, as it is now. */
  readonly live: ReadonlyMap<Address, State>;
  /** Whether any service may have been started, stopped or nudged already. */
  readonly servicesBegun: boolean;
}

export function invertPlan({ plan, live, servicesBegun }: InvertInput): readonly Stage[] {
  const changes = plan.stages.flatMap((stage) => stage.changes);
  return stagesOf(changes.flatMap((change) => inverse(change, stateOf(change.address, live), servicesBegun)));
}

function inverse({ address, before, after, nudge }: Change, live: State, servicesBegun: boolean): readonly Change[] {
  const now = carriedOver(address, live, after);
  const fields = differingFields(address, now, before);
  const again = servicesBegun && before['state'] === 'running' ? nudge : null;
  if (fields.length === 0 && again === null) return [];
  if ((kindRules[kindOf(address)].stays?.(now, before) ?? null) !== null) return [];
  return [changeOf({ address, before: now, target: before, fields, nudge: again, because: 'the switch is undone' })];
}
