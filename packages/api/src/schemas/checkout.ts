/** Borrowing a host: what is asked for, and where it stands. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { fingerprint, hostId, name, personaId, time, version } from './ids.ts';
import { json, parameters } from './json.ts';

/** Steps in the order in which they are taken. */
export const checkoutSteps = [
  /** For a host to be free. */
  'waiting',
  /** Has a lease, whose time has not come or whose host is not free yet. */
  'booked',
  /** Whether the host can be what is asked, before anything changes. */
  'checking',
  /** Requests under way end, and no new ones come. */
  'draining',
  'snapshotting',
  /** Another operating system, or another allocation. */
  'preparing',
  /** The host becomes what was asked. */
  'applying',
  'testing',
  /** The holder has the host. */
  'out',
  'reverting',
  /** The host is to be as healthy as before. */
  'verifying',
  /** Requests go to the host again. */
  'restoring',
  /** It did not come back as it was; a person looks. */
  'quarantined',
] as const;

/** How it ends: the holder had the host; he never had it, and `failure` says why; or he gave it up before he had it. */
const checkoutEnds = ['ended', 'failed', 'cancelled'] as const;

export const checkoutState = z.enum([...checkoutSteps, ...checkoutEnds]);
export type CheckoutState = z.output<typeof checkoutState>;

/** A number and ms, s, m, h or d. */
const duration = z.string().regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a number and ms, s, m, h or d, such as "4h"');

export const checkoutRequest = z
  .strictObject({
    host_id: hostId.optional(),
    /** Any host with these tags: `role=web,env!=prod`. With neither, any host. */
    select: z.string().min(1).max(1024).optional(),
    persona_id: personaId.optional(),
    /** Any persona of it that the host can be. */
    category: name.optional(),
    /** Of the persona; default: the one that is current when it is applied. */
    version: version.optional(),
    parameters: parameters.optional(),
    for: duration,
    reason: z.string().min(1).max(256),
    /** Default: now. A later one books the host. */
    starts_at: time.optional(),
    /** Who waits with a higher one gets the next free host. */
    priority: z.int().min(0).max(1000).default(50),
    /** Whether to wait when no host is free; default: unless a host is named. */
    wait: z.boolean().optional(),
    /** Run the persona's tests, and keep what they say. */
    tests: z.boolean().default(false),
  })
  .superRefine((request, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (request.host_id !== undefined && request.select !== undefined)
      refuse('select', 'must be left out with "host_id"');
    if (request.persona_id !== undefined && request.category !== undefined)
      refuse('category', 'must be left out with "persona_id"');
    if (request.persona_id === undefined) {
      if (request.version !== undefined) refuse('version', 'must be left out without "persona_id"');
      if (request.parameters !== undefined) refuse('parameters', 'must be left out without "persona_id"');
    }
    if (request.starts_at !== undefined && request.wait === true)
      refuse('wait', 'must be left out with "starts_at": a booking is made now or not at all');
  })
  .meta({ id: 'CheckoutRequest' });

export type CheckoutRequest = z.output<typeof checkoutRequest>;

export const checkout = z
  .object({
    checkout_id: z.uuid(),
    state: checkoutState,
    state_since: time,
    holder: z.string(),
    reason: z.string(),
    priority: z.int(),
    /** Null while none is chosen. */
    host_id: hostId.nullable(),
    /** Null for a host without a persona. */
    persona_id: personaId.nullable(),
    /** Null until it is applied, unless one was asked for. */
    version: version.nullable(),
    created_at: time,
    /** Of the lease; null without one. */
    starts_at: time.nullable(),
    expires_at: time.nullable(),
    ready_at: time.nullable(),
    ended_at: time.nullable(),
    /** While it is out: how to reach the host. */
    reach: z.object({ hostname: z.string(), address: z.string() }).nullable(),
    /** Waiting ones that come before it. */
    ahead: z.int().min(0).nullable(),
    /** Why it failed, or why its host is quarantined. */
    failure: z.string().nullable(),
    /** Of a host that did not come back as it was: what was found, such as the parts that differ. */
    evidence: json.nullable(),
    fingerprint_before: fingerprint.nullable(),
    fingerprint_after: fingerprint.nullable(),
    has_results: z.boolean(),
  })
  .meta({ id: 'Checkout' });

export type Checkout = z.output<typeof checkout>;

export const checkoutResults = z
  .object({
    checkout_id: z.uuid(),
    /** What the host said of each test; null when none were run. */
    results: json.nullable(),
  })
  .meta({ id: 'CheckoutResults' });

export const checkoutExtension = z.strictObject({ for: duration }).meta({ id: 'CheckoutExtension' });

export const checkoutCursor = z
  .string()
  .regex(/^[0-9a-f-]{36}$/, 'must be a cursor from the last page')
  .max(limits.parameterChars);
