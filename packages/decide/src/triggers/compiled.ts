/** Triggers of one layer, ready to be evaluated: every pattern parsed, every duration in ms, every name canonical. */
import type { CloudEvent } from '@guise/model';
import type { Schedule } from './schedule.ts';

export interface CompiledTriggers {
  /** The same text, the same triggers; state is carried over where it is equal. */
  readonly key: string;
  readonly activation: TriggerNode;
  /** Null: the persona leaves when `activation` is false. */
  readonly deactivation: TriggerNode | null;
  readonly cooldownMs: number;
  readonly minActiveMs: number;
  /** Infinity: no bound. */
  readonly maxSwitchesPerHour: number;
}

export type TriggerNode =
  | { readonly type: 'any' | 'all'; readonly of: readonly TriggerNode[] }
  | { readonly type: 'not'; readonly of: TriggerNode }
  | TriggerLeaf;

export type TriggerLeaf = ScheduleLeaf | ThresholdLeaf | EventLeaf | UserLeaf;

interface LeafBase {
  /** In the document, such as `activation_triggers.any.0`; unique within a layer. */
  readonly path: string;
}

export interface ScheduleLeaf extends LeafBase {
  readonly type: 'schedule';
  readonly schedule: Schedule;
  /** Equal for equal schedules. */
  readonly key: string;
  /** `the schedule 0 8 * * 1-5 for 10h (Europe/Paris)`. */
  readonly text: string;
}

export interface ThresholdLeaf extends LeafBase {
  readonly type: 'threshold';
  readonly metric: string;
  readonly comparison: 'above' | 'below';
  readonly bound: number;
  readonly forMs: number;
}

export interface EventLeaf extends LeafBase {
  readonly type: 'event';
  /** A star at the end stands for any rest; so in `source`. */
  readonly eventType: string;
  readonly source: string | null;
  readonly where: Condition | null;
  /** Null: until the switch that it asks for, or as long as `accumulate` says. */
  readonly forMs: number | null;
  readonly onceWithinMs: number;
  readonly accumulate: { readonly count: number; readonly withinMs: number } | null;
}

export interface UserLeaf extends LeafBase {
  readonly type: 'user';
  readonly by: 'user' | 'group';
  readonly name: string;
}

/** False also when it could not be evaluated, because the event lacks what it asks for. */
export type Condition = (event: CloudEvent) => boolean;

export function leavesOf(node: TriggerNode): readonly TriggerLeaf[] {
  switch (node.type) {
    case 'any':
    case 'all':
      return node.of.flatMap(leavesOf);
    case 'not':
      return leavesOf(node.of);
    default:
      return [node];
  }
}
