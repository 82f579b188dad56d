/**
 * Executes the stages of a plan, forwards or as an undo; there is nothing left to decide here.
 *
 * Stages of one rank do not depend on each other and run at once. When one fails the others of its rank are let finish,
 * so that nothing is still changing the host when the undo begins; then the first failure is thrown.
 * What was written is durable only once the caller has synced the host's files.
 * Killed here: the journal has the plan, and recovery undoes it from whatever the host is by then.
 */
import type { Stage } from '@guise/model';
import { allSettled } from '../all-settled.ts';
import type { ApplyContext } from '../resources/adapter.ts';
import type { Adapters } from './observe.ts';

export interface ActInput {
  readonly stages: readonly Stage[];
  readonly adapters: Adapters;
  readonly context: ApplyContext;
  /** Told before the first service is started, stopped or nudged. */
  readonly onServices: () => void;
  readonly onStage: (stage: Stage) => void;
  /** Waited for when packages are there and nothing that is laid over them is. */
  readonly afterPackages?: () => Promise<void>;
}

export async function act({ stages, adapters, context, onServices, onStage, afterPackages }: ActInput): Promise<void> {
  let servicesTold = false;
  for (const together of byRank(stages)) {
    context.signal.throwIfAborted();
    if (!servicesTold && together.some((stage) => stage.kind === 'service')) {
      servicesTold = true;
      onServices();
    }
    await allSettled(
      together.map(async (stage) => {
        onStage(stage);
        await adapters[stage.kind].apply(stage.changes, context);
      }),
    );
    if (together.some((stage) => stage.kind === 'package')) await afterPackages?.();
  }
}

function byRank(stages: readonly Stage[]): readonly (readonly Stage[])[] {
  const ranks = [...new Set(stages.map((stage) => stage.rank))].sort((a, b) => a - b);
  return ranks.map((rank) => stages.filter((stage) => stage.rank === rank));
}
