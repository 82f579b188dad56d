/** What makes hosts adapt themselves, as checked shapes: events, holds, candidates, alerts. */
import type { AlertReport, CandidateReport, CloudEvent, Hold, Json } from '@guise/model';
import { z } from 'zod';
import { json } from './json.ts';
import { layerRef } from './report.ts';

const attributeChars = 1024;
const text = z.string().min(1).max(attributeChars);
const instant = z.iso.datetime({ offset: true });

export const cloudEvent: z.ZodType<CloudEvent, CloudEvent> = z
  .object({
    specversion: z.literal('1.0'),
    id: text,
    source: text,
    type: text,
    subject: text.optional(),
    time: instant.optional(),
    data: json.optional(),
  })
  .catchall(json as z.ZodType<Json | undefined, Json | undefined>)
  .meta({ id: 'CloudEvent' });

export const hold: z.ZodType<Hold, Hold> = z
  .object({
    id: z.string().min(1).max(64),
    instance: z.string().max(64).nullable(),
    effect: z.enum(['active', 'inactive']),
    reason: z.string().min(1).max(attributeChars),
    owner: z.string().min(1).max(512),
    from: instant,
    until: instant,
  })
  .meta({ id: 'Hold' });

export const candidateReport: z.ZodType<CandidateReport, CandidateReport> = layerRef
  .extend({
    active: z.boolean(),
    decided_by: z.enum(['always', 'triggers', 'hold']),
    reason: z.string().max(4096),
    since: instant,
  })
  .meta({ id: 'CandidateReport' });

export const alertReport: z.ZodType<AlertReport, AlertReport> = z
  .object({
    key: z.string().min(1).max(512),
    type: z.enum(['threshold', 'drift', 'trigger', 'metric']),
    severity: z.string().max(64),
    instance: z.string().max(64).nullable(),
    message: z.string().max(4096),
    raised_at: instant,
    cleared_at: instant.nullable(),
  })
  .meta({ id: 'AlertReport' });
