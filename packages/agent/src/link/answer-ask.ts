/**
 * Answers one question of the control plane from the engine, the conductor, what this host trusts and its lease.
 *
 * Throws: what these throw.
 */
import type { Ask } from '@guise/api';
import { planReportOf } from '@guise/api/reports';
import type { Engine, Outcome } from '../engine/engine.ts';
import type { LeaseHost } from '../lease/lease-host.ts';
import type { Conductor } from '../triggers/conductor.ts';
import { whyWithLayers } from '../triggers/why-layers.ts';
import type { HostTrust } from '../trust/host-trust.ts';

export interface Answerers {
  readonly engine: Engine;
  readonly conductor: Conductor;
  readonly trust: HostTrust;
  readonly lease: LeaseHost;
}

export async function answerAsk({ engine, conductor, trust, lease }: Answerers, question: Ask): Promise<unknown> {
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
    case 'lease':
    case 'capabilities':
    case 'snapshot':
    case 'revert':
    case 'discard':
    case 'tests':
      return lease.answer(question);
  }
}

export function transactionIdOf(outcome: Outcome): string | null {
  return outcome.type === 'unchanged' ? null : outcome.transaction.id;
}
