/**
 * Which candidates are to be active, and why: a function of candidates, triggers and holds, and of nothing else.
 *
 * A hold outranks triggers; a candidate without triggers is always active. What triggers do not know yet stays as it is: inactive.
 */
import type { TriggerWish } from '@guise/decide';
import type { CandidateReport, Hold, Layer } from '@guise/model';
import type { Candidate } from './candidates.ts';
import { holdOn } from './holds.ts';
import { blockedByEnd } from './signature-ends.ts';

export interface Decision {
  readonly layer: Layer;
  readonly active: boolean;
  readonly decidedBy: CandidateReport['decided_by'];
  readonly reason: string;
  readonly sinceMs: number;
  readonly hold: Hold | null;
  /** Why it does not become active although it is to be: its signature has ended. */
  readonly blocked: string | null;
}

/** What triggers say of a candidate; `always` when it has none. Null when they were not asked yet. */
export type Wish = Pick<TriggerWish, 'active' | 'reason'> | 'always' | null;

export interface DecideInput {
  readonly candidates: readonly Candidate[];
  readonly wishOf: (instance: string) => Wish;
  readonly holds: readonly Hold[];
  /** The last decisions, for how long each has been so. */
  readonly before: ReadonlyMap<string, Pick<Decision, 'active' | 'decidedBy' | 'sinceMs'>>;
  readonly nowMs: number;
  /** Of the layers as the host is now. */
  readonly activeKeys: ReadonlySet<string>;
}

export function decideActive({
  candidates,
  wishOf,
  holds,
  before,
  nowMs,
  activeKeys,
}: DecideInput): readonly Decision[] {
  return candidates.map(({ layer }) => {
    const ruled = rule(wishOf(layer.instance), holdOn(layer.instance, holds));
    const last = before.get(layer.instance);
    const isSame = last !== undefined && last.active === ruled.active && last.decidedBy === ruled.decidedBy;
    const blocked = blockedByEnd(layer, activeKeys, nowMs);
    return { layer, ...ruled, sinceMs: isSame ? last.sinceMs : nowMs, blocked };
  });
}

function rule(wish: Wish, hold: Hold | null): Pick<Decision, 'active' | 'decidedBy' | 'reason' | 'hold'> {
  if (hold !== null) {
    const active = hold.effect === 'active';
    return { active, decidedBy: 'hold', reason: holdReason(hold), hold };
  }
  if (wish === 'always') return { active: true, decidedBy: 'always', reason: 'it has no triggers', hold };
  return {
    active: wish?.active ?? false,
    decidedBy: 'triggers',
    reason: wish?.reason ?? 'its triggers have not been evaluated yet',
    hold,
  };
}

function holdReason({ effect, owner, until, reason }: Hold): string {
  return `held ${effect} by ${owner} until ${until}: ${reason}`;
}

export function candidateReportOf({ layer, active, decidedBy, reason, sinceMs, blocked }: Decision): CandidateReport {
  const { instance, persona_id, version, priority } = layer;
  return {
    instance,
    persona_id,
    version,
    priority,
    active: active && blocked === null,
    decided_by: decidedBy,
    reason: (blocked ?? reason).slice(0, reasonChars),
    since: new Date(sinceMs).toISOString(),
  };
}

/** As long as the wire takes one. */
const reasonChars = 4096;
