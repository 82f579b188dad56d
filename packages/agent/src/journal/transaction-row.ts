/** Rows of the transaction log as the rest of the agent and its readers see them. */

import type { Layer, Plan, TransactionReport, TransactionStatus } from '@guise/model';
import { shownState } from '@guise/model';

export interface TransactionRow {
  readonly id: string;
  readonly status: TransactionStatus;
  readonly plan: string;
  readonly layers_before: string;
  readonly layers_after: string;
  readonly services_begun: number;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly timings_ms: string;
  readonly error: string | null;
}

/** What recovery needs to undo a transaction that did not end. */
export interface OpenTransaction {
  readonly id: string;
  readonly status: TransactionStatus;
  readonly plan: Plan;
  readonly layersBefore: readonly Layer[];
  readonly layersAfter: readonly Layer[];
  readonly servicesBegun: boolean;
  readonly error: TransactionReport['error'];
}

export function openTransactionOf(row: TransactionRow): OpenTransaction {
  return {
    id: row.id,
    status: row.status,
    plan: JSON.parse(row.plan) as Plan,
    layersBefore: JSON.parse(row.layers_before) as readonly Layer[],
    layersAfter: JSON.parse(row.layers_after) as readonly Layer[],
    servicesBegun: row.services_begun === 1,
    error: row.error === null ? null : (JSON.parse(row.error) as TransactionReport['error']),
  };
}

export function reportOf(row: TransactionRow): TransactionReport {
  const plan = JSON.parse(row.plan) as Plan;
  return {
    id: row.id,
    status: row.status,
    plan_hash: plan.hash,
    layers_before: plan.layersBefore,
    layers_after: plan.layersAfter,
    changes: plan.stages.flatMap((stage) =>
      stage.changes.map(({ address, fields, before, after, nudge, reversibility, because }) => ({
        address,
        fields,
        before: shownState(before),
        after: shownState(after),
        nudge,
        reversibility,
        because,
      })),
    ),
    started_at: row.started_at,
    finished_at: row.finished_at,
    timings_ms: JSON.parse(row.timings_ms) as TransactionReport['timings_ms'],
    error: row.error === null ? null : (JSON.parse(row.error) as TransactionReport['error']),
  };
}
