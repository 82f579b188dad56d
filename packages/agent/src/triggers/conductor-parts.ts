/** What a conductor works with, and who hears of what it does. */
import type { Facts } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import type { KeptValues } from '../host/kept-values.ts';
import type { Logins } from '../host/logins.ts';
import type { LinkClock } from '../link/clock.ts';
import type { DesiredStore } from '../link/desired-store.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';
import type { AdaptationMemory } from './adaptation-memory.ts';
import type { MetricPort } from './metric-monitor.ts';

export interface ConductorParts {
  readonly engine: Engine;
  readonly store: DesiredStore;
  readonly memory: AdaptationMemory;
  readonly clock: LinkClock;
  readonly facts: () => Facts;
  /** What was made of personas before; null: nothing outlives this process. */
  readonly kept: KeptValues | null;
  /** Null: this process reads new personas itself. */
  readonly elsewhere: MakeElsewhere | null;
  readonly metrics: MetricPort;
  /** Null: unknown. */
  readonly logins: () => Logins | null;
  readonly report: (line: string) => void;
}

/** What somebody may want to hear of. */
export interface ConductorListener {
  /** A switch ended, whoever asked for it. */
  readonly onSwitch?: () => void;
  /** A candidate or a hold is not what it was. */
  readonly onCandidates?: () => void;
  readonly onAlerts?: () => void;
}
