/** Answers one question of the control plane from the engine. Throws: what the engine throws. */
import type { Ask } from '@guise/api';
import { planReportOf } from '@guise/api';
import { GuiseError } from '@guise/model';
import type { Engine, Outcome } from '../engine/engine.ts';

export async function answerAsk(
  engine: Engine,
  rollback: (to: 'previous' | 'baseline') => Promise<Outcome>,
  question: Ask,
): Promise<unknown> {
  switch (question.ask) {
    case 'plan':
      return planReportOf(await engine.plan(question.layers));
    case 'why':
      return engine.why(question.address);
    case 'state':
      return engine.state();
    case 'drift':
      return engine.drift();
    case 'hold':
    case 'release':
      throw new GuiseError('kind_unsupported', 'Cannot hold: this agent has no triggers that a hold could outrank');
    case 'rollback': {
      const outcome = await rollback(question.to);
      return { result: outcome.type, transaction_id: transactionIdOf(outcome) };
    }
  }
}

export function transactionIdOf(outcome: Outcome): string | null {
  return outcome.type === 'unchanged' ? null : outcome.transaction.id;
}
