/** Answers one question of the control plane from the engine, the conductor and what this host trusts. Throws: what these throw. */
import type { Ask } from '@guise/api';
import { planReportOf } from '@guise/api/reports';
import type { Engine, Outcome } from '../engine/engine.ts';
import type { Conductor } from '../triggers/conductor.ts';
import { whyWithLayers } from '../triggers/why-layers.ts';
import type { HostTrust } from '../trust/host-trust.ts';

export interface Answerers {
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly trust: HostTrust;
}

export async function answerAsk({ engine, conductor, trust }: Answerers, question: Ask): Promise<unknown> {
  switch (question.ask) {
    case 'plan':
      return planReportOf(
        await engine.plan(
          conductor.wouldBeActive(trust.inspect(question.layers, conductor.desired?.layers ?? [])),
          question.secrets,
        ),
      );
    case 'why':
      return whyWithLayers(await engine.why(question.address), conductor.decisions);
    case 'state':
      return engine.state();
    case 'drift':
      return engine.drift();
    case 'hold':
      return conductor.holdByOrder(question.hold);
    case 'release':
      return { released: conductor.release(question.hold_id) };
    case 'rollback': {
      const outcome = await conductor.rollback(question.to, (layers) => {
        const present = [...(conductor.desired?.layers ?? []), ...engine.active()];
        trust.goBack(layers, present, question.permissions ?? []);
      });
      return { result: outcome.type, transaction_id: transactionIdOf(outcome) };
    }
  }
}

export function transactionIdOf(outcome: Outcome): string | null {
  return outcome.type === 'unchanged' ? null : outcome.transaction.id;
}
