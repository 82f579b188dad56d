/** Pools of hosts that wait to be needed, and what is drawn from them. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { hostId, name, personaId, time, version } from './ids.ts';
import { parameters } from './json.ts';

export const poolPolicy = z
  .strictObject({
    /** How many idle hosts are kept ready. */
    warm: z.int().min(0).max(limits.warmHostsPerPool).default(0),
    /** With what they are ready. */
    persona_id: personaId.optional(),
    parameters: parameters.optional(),
  })
  .meta({ id: 'PoolPolicy' });

export const pool = z
  .object({
    pool_id: name,
    policy: poolPolicy,
    created_by: z.string(),
    created_at: time,
    /** Its hosts, by what they are doing. */
    hosts: z.object({
      production: z.int(),
      draining: z.int(),
      checked_out: z.int(),
      activating: z.int(),
      idle: z.int(),
      quarantined: z.int(),
    }),
    /** Idle hosts that are ready. */
    warm: z.int().min(0),
  })
  .meta({ id: 'Pool' });

export const activationTerms = z
  .strictObject({
    persona_id: personaId,
    /** Without it the persona's current version is followed. */
    version: version.optional(),
    parameters: parameters.optional(),
    /** For whom; several tenants may share a host. A persona's parameter `tenant` has this unless it is given. */
    tenant: name.optional(),
    /** Default: the persona's id, and with a tenant `PERSONA-TENANT`. */
    instance: name.optional(),
    /** Only hosts with these tags: `role=web,env!=prod`. */
    selector: z.string().min(1).max(1024).optional(),
    /** Whether it may be on a host that has others who may. Default: when it is for a tenant. */
    share: z.boolean().optional(),
  })
  .meta({ id: 'ActivationTerms' });

/**
 * `pending` waits for a host, `activating` for that host, `returning` for a host on which it failed, `deactivating` for its host to be as
 * before. `warm` is a spare of its pool that nobody uses yet. `active`, `failed` and `ended` are where it stays.
 */
const activationState = z.enum([
  'pending',
  'activating',
  'returning',
  'warm',
  'active',
  'deactivating',
  'ended',
  'failed',
]);

export const activation = z
  .object({
    activation_id: z.uuid(),
    pool_id: name,
    persona_id: personaId,
    version: version.nullable(),
    instance: z.string(),
    tenant: z.string().nullable(),
    parameters,
    selector: z.string().nullable(),
    share: z.boolean(),
    state: activationState,
    /** Made ready before anybody asked. */
    spare: z.boolean(),
    host_id: hostId.nullable(),
    /** Hosts that it is not on, and why. */
    tries: z.array(z.object({ host_id: z.string(), reason: z.string() })),
    requested_by: z.string(),
    requested_at: time,
    changed_at: time,
  })
  .meta({ id: 'Activation' });
