/**
 * What a host tells of itself, as a checked shape. The types are the model's own, so the two cannot drift apart.
 *
 * Unknown keys are dropped, not refused: an agent may be newer than the control plane it reports to.
 */
import type { DriftReport, StateReport, TransactionReport, WhyReport } from '@guise/model';
import { limits } from '@guise/model';
import { z } from 'zod';
import { problem } from './error-body.ts';
import { address, digest, time, version } from './ids.ts';
import { json, state } from './json.ts';
import { signature } from './signature.ts';

export const layerRef = z
  .object({
    instance: z.string(),
    persona_id: z.string(),
    version: version.nullable(),
    priority: z.number(),
  })
  .meta({ id: 'LayerRef' });

/** No triggers at all, its triggers, or a hold. */
export const decidedBy = z.enum(['always', 'triggers', 'hold']);

const conflict = z.object({ address, field: z.string(), winner: layerRef, losers: z.array(layerRef) });
const transactionStatus = z.enum(['acting', 'confirming', 'committed', 'undoing', 'rolled_back', 'stuck']);

export const reportedChange = z.object({
  address,
  fields: z.array(z.string()),
  before: state,
  after: state,
  nudge: z.enum(['reload', 'restart']).nullable(),
  reversibility: z.enum(['exact', 'compensating', 'irreversible']),
  because: z.string(),
});

export const transactionReport: z.ZodType<TransactionReport> = z
  .object({
    id: z.string().min(1).max(64),
    status: transactionStatus,
    plan_hash: digest,
    layers_before: z.array(layerRef),
    layers_after: z.array(layerRef),
    changes: z.array(reportedChange).max(limits.changesPerPlan),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    timings_ms: z.record(z.string(), z.number()),
    error: z.object({ code: z.string(), message: z.string(), problems: z.array(problem) }).nullable(),
  })
  .meta({ id: 'TransactionReport' });

export const stateReport: z.ZodType<StateReport> = z
  .object({
    active: z.array(
      layerRef.extend({
        assigned_by: z.string(),
        parameters: z.record(z.string(), json),
        signature: signature.optional(),
      }),
    ),
    addresses: z.array(z.object({ address, state, winners: z.array(z.string()) })),
    conflicts: z.array(conflict),
    last_transaction: z.object({ id: z.string(), status: transactionStatus }).nullable(),
  })
  .meta({ id: 'StateReport' });

export const driftReport: z.ZodType<DriftReport> = z
  .object({ address, fields: z.array(z.string()), expected: state, live: state })
  .meta({ id: 'DriftReport' });

const whyClaim = z
  .object({
    instance: z.string(),
    persona_id: z.string(),
    version: version.nullable(),
    priority: z.number(),
    says: json,
    file: z.string(),
    line: z.number(),
    column: z.number(),
    path: z.string(),
    assigned_by: z.string(),
  })
  .meta({ id: 'WhyClaim' });

const whyLayer = z
  .object({
    instance: z.string(),
    decided_by: decidedBy,
    reason: z.string(),
    since: time,
    assigned_by: z.string(),
    signature: signature.optional(),
  })
  .meta({ id: 'WhyLayer' });

export const whyReport: z.ZodType<WhyReport> = z
  .object({
    address,
    managed: z.boolean(),
    live: state,
    fields: z.array(
      z.object({
        field: z.string(),
        value: json,
        winner: z.string(),
        because: z.array(whyClaim),
        losers: z.array(whyClaim),
        baseline: json,
        without: z.record(z.string(), json),
      }),
    ),
    /** Agents of before triggers say nothing of it. */
    layers: z.array(whyLayer).default([]),
  })
  .meta({ id: 'WhyReport' });
