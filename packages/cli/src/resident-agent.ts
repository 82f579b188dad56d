/**
 * What the agent of this machine answered to `guise apply --yes FILE…`: bin/ask-agent.mjs asked it before this program was loaded.
 *
 * Types only besides that, because loading is most of what a command without changes costs.
 */
import type { PlanReport } from '@guise/api';
import type { TransactionReport } from '@guise/model';

export interface AgentAnswer {
  readonly outcome: 'unchanged' | 'committed' | 'rolled_back' | 'stuck';
  readonly plan: PlanReport;
  readonly transaction: TransactionReport | null;
  /** Of the personas given, those that are not active now, and why. */
  readonly waiting: readonly { readonly instance: string; readonly reason: string }[];
}

/** Null when this is not for the agent, or the command has to do it itself. */
export async function agentAnswer(): Promise<AgentAnswer | null> {
  const asked = (globalThis as { [name: symbol]: Promise<AgentAnswer | null> | null | undefined })[
    Symbol.for('guise.agent-answer')
  ];
  return (await asked) ?? null;
}
