/** What makes hosts adapt themselves, as checked shapes: events, holds, candidates, alerts. */
import type { AlertReport, CandidateReport, CloudEvent, Hold, Json } from '@guise/model';
import { limits } from '@guise/model';
import { z } from 'zod';
import { hostId, name, tag, time } from './ids.ts';
import { json } from './json.ts';
import { decidedBy, layerRef } from './report.ts';

const attributeChars = 1024;
const text = z.string().min(1).max(attributeChars);

export const cloudEvent: z.ZodType<CloudEvent, CloudEvent> = z
  .object({
    specversion: z.literal('1.0'),
    id: text,
    source: text,
    type: text,
    subject: text.optional(),
    time: time.optional(),
    data: json.optional(),
  })
  .catchall(json as z.ZodType<Json | undefined, Json | undefined>)
  .meta({ id: 'CloudEvent' });

/** Extension attributes that say which hosts an event is for. Without one it goes to those with a persona that waits for it. */
export const eventTargets = { guisehost: hostId, guisegroup: name, guisetag: tag } as const;

/** Source: CloudEvents specification 1.0.2, "Attribute Naming Convention" and "Type System". */
const postedEvent = cloudEvent.superRefine((event, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const { data: _data, ...attributes } = event;
  const entries = Object.entries(attributes);
  if (entries.length > limits.eventAttributes) refuse([], `must have at most ${limits.eventAttributes} attributes`);
  for (const [key, value] of entries) {
    if (!/^([a-z0-9]{1,64}|data_base64)$/.test(key)) refuse([key], 'must be named in lower-case letters and digits');
    if (value === null || typeof value === 'object') refuse([key], 'must be text, a number, true or false');
    if (typeof value === 'string' && /[\p{Cc}\p{Cs}]/u.test(value)) refuse([key], 'must have no control characters');
  }
  for (const [key, schema] of Object.entries(eventTargets)) {
    const parsed = schema.safeParse(event[key] ?? undefined);
    if (Object.hasOwn(event, key) && !parsed.success) refuse([key], parsed.error.issues[0]?.message ?? 'is not one');
  }
  const targets = Object.keys(eventTargets).filter((key) => Object.hasOwn(event, key));
  if (targets.length > 1) refuse([targets[1] ?? ''], `must be left out beside ${targets[0]}`);
});

export const postedEvents = z.union([postedEvent, z.array(postedEvent).min(1).max(limits.eventsPerRequest)]);

export const eventReceipt = z
  .object({
    accepted: z.int().min(0),
    /** Accepted before, by their source and id. */
    duplicates: z.int().min(0),
    /** That the accepted ones are for, connected or not. */
    hosts: z.int().min(0),
  })
  .meta({ id: 'EventReceipt' });

export const hold: z.ZodType<Hold, Hold> = z
  .object({
    id: z.string().min(1).max(64),
    instance: z.string().max(64).nullable(),
    effect: z.enum(['active', 'inactive']),
    reason: z.string().min(1).max(attributeChars),
    owner: z.string().min(1).max(512),
    from: time,
    until: time,
  })
  .meta({ id: 'Hold' });

export const holdRequest = z
  .strictObject({
    /** Null holds every instance inactive: the baseline. */
    instance: name.nullable(),
    effect: z.enum(['active', 'inactive']).default('active'),
    /** Such as `2h`. */
    for: z
      .string()
      .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a number and ms, s, m, h or d, such as "2h"')
      .optional(),
    until: time.optional(),
    reason: z.string().min(1).max(attributeChars),
  })
  .superRefine((request, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if ((request.for === undefined) === (request.until === undefined)) refuse([], 'must have one of "for" and "until"');
    if (request.instance === null && request.effect === 'active') {
      refuse(['effect'], 'must be "inactive" without an instance: not everything can be active');
    }
  })
  .meta({ id: 'HoldRequest' });

/** As the host last reported them, without those that have ended. */
export const holdList = z.object({ reported_at: time.nullable(), holds: z.array(hold) }).meta({ id: 'HoldList' });

export const candidateReport: z.ZodType<CandidateReport, CandidateReport> = layerRef
  .extend({
    active: z.boolean(),
    decided_by: decidedBy,
    reason: z.string().max(4096),
    since: time,
  })
  .meta({ id: 'CandidateReport' });

const alertFields = {
  key: z.string().min(1).max(512),
  type: z.enum(['threshold', 'goal', 'drift', 'trigger', 'metric', 'signature', 'identity', 'contention', 'audit']),
  severity: z.string().max(64),
  instance: z.string().max(64).nullable(),
  message: z.string().max(4096),
  raised_at: time,
  cleared_at: time.nullable(),
};

export const alertReport: z.ZodType<AlertReport, AlertReport> = z.object(alertFields).meta({ id: 'AlertReport' });

export const alert = z.object({ alert_id: z.int(), host_id: hostId, ...alertFields }).meta({ id: 'Alert' });
