/**
 * The way back: from whatever the host is by now to every pre-image of a plan, ordered by the same rules.
 *
 * An address that already is its pre-image is left out, so undoing twice is undoing once. A service that may have seen the new
 * files is told again of the old ones, but only when the services' turn had come.
 * Shape: the plan's n changes → at most n.
 */
import type { Address, Change, Plan, Stage, State } from '@guise/model';
import { differingFields } from '../kinds/difference.ts';
import { arriving } from './arriving.ts';
import { carriedOver } from './carried.ts';
import { disturbed } from './disturbed.ts';
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
  const nows = new Map(
    changes.map(({ address, after }) => [address, carriedOver(address, stateOf(address, live), after)]),
  );
  const preImages = new Map(changes.map(({ address, before }) => [address, before]));
  const inverses = new Map<Address, Change>();
  const undo = (address: Address, fields: readonly string[], nudge: Change['nudge'] = null) => {
    const [before, target] = [stateOf(address, nows), stateOf(address, preImages)];
    inverses.set(address, changeOf({ address, before, target, fields, nudge, because: 'the switch is undone' }));
  };
  for (const { address, before, nudge } of changes) {
    const fields = differingFields(address, stateOf(address, nows), before);
    const again = servicesBegun && before['state'] === 'running' ? nudge : null;
    if (fields.length > 0 || again !== null) undo(address, fields, again);
  }
  for (const [address, fields] of arriving(inverses, nows, preImages)) undo(address, fields);
  for (const address of disturbed(inverses, preImages.keys()).keys())
    undo(address, Object.keys(stateOf(address, preImages)));
  return stagesOf([...inverses.values()]);
}
