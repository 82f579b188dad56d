/** Hosts and what they are assigned. */
import { z } from 'zod';
import { errorBody } from './error-body.ts';
import { hostId, name, personaId, tags, time, version } from './ids.ts';
import { facts, parameters } from './json.ts';
import { layerRef } from './report.ts';

/** What an assignment says beside where it points. Without `version` it follows the persona's current one. */
export const assignmentTerms = z
  .strictObject({
    /** Default: the persona's id. */
    instance: name.optional(),
    parameters: parameters.optional(),
    /** Default: the persona's own. */
    priority: z.int().min(0).max(1000).optional(),
    version: version.optional(),
  })
  .meta({ id: 'AssignmentTerms' });

export const personaSet = z
  .strictObject({ personas: z.array(assignmentTerms.extend({ persona_id: personaId })).max(200) })
  .meta({ id: 'PersonaSet' });

export const assignment = z
  .object({
    target_type: z.enum(['host', 'tag', 'group']),
    /** Host id, `key=value`, or group name. */
    target: z.string(),
    instance: z.string(),
    persona_id: personaId,
    parameters,
    priority: z.number().nullable(),
    version: version.nullable(),
    assigned_by: z.string(),
    assigned_at: time,
  })
  .meta({ id: 'Assignment' });

/** What a desired state came to on its host. `failed` is an error before any transaction, such as a document the host cannot compile. */
export const switchOutcome = z
  .object({
    generation: z.int().min(1),
    result: z.enum(['unchanged', 'committed', 'rolled_back', 'stuck', 'failed']),
    /** In the host's history already; null where nothing was begun. */
    transaction_id: z.string().max(64).nullable(),
    error: errorBody.shape.error.nullable(),
  })
  .meta({ id: 'SwitchOutcome' });

export type SwitchOutcome = z.output<typeof switchOutcome>;

/** What a host of the fleet is doing. */
export const fleetStates = ['production', 'draining', 'checked_out', 'activating', 'idle', 'quarantined'] as const;
export const fleetState = z.enum(fleetStates);

const providerName = z
  .string()
  .regex(/^[A-Za-z0-9._:/-]{1,128}$/, 'must be letters, digits, ".", "_", ":", "/" or "-"');

export const hostProvider = z
  .strictObject({
    provider: name,
    /** What the provider calls it. */
    provider_host: providerName.nullable().default(null),
    /** The machine that it shares with others. */
    machine: providerName.nullable().default(null),
  })
  .meta({ id: 'HostProvider' });

/** Null for what the host never told of itself. */
const room = z.object({
  cpu_cores: z.number().nullable(),
  memory_mb: z.number().nullable(),
  storage_gb: z.number().nullable(),
});

export const hostSummary = z
  .object({
    host_id: hostId,
    tags,
    agent_version: z.string().nullable(),
    enrolled_at: time,
    last_seen_at: time.nullable(),
    connected: z.boolean(),
    /** `locked` when a copy of it was found; `none` when it never had a certificate. Only an `active` one is let in. */
    identity: z.enum(['active', 'locked', 'revoked', 'none']),
    pool: z.string().nullable(),
    state: fleetState,
    /** Of the state. */
    since: time,
    /** Of the state: why it is quarantined. */
    reason: z.string().nullable(),
    provider: z.string(),
    machine: z.string().nullable(),
    lease: z.object({ holder: z.string(), until: time }).nullable(),
    /** Active on it, as it last said. */
    personas: z.array(z.object({ instance: z.string(), persona_id: z.string(), version: version.nullable() })),
    /** Addresses that somebody else changed, as it last said; null before it said anything. */
    drift: z.int().min(0).nullable(),
    /** `failing` when its last switch was, or when an alert lasts that needs a person; `unknown` before it said anything. */
    health: z.enum(['healthy', 'failing', 'unknown']),
    capacity: room,
    /** Capacity without what the activations on it require. */
    free: room,
  })
  .meta({ id: 'HostSummary' });

export const hostDetail = hostSummary
  .extend({
    facts,
    groups: z.array(z.string()),
    desired: z.object({
      /** Counts up only when the content changes; 0 before anything was ever desired. */
      generation: z.int().min(0),
      layers: z.array(layerRef.extend({ assigned_by: z.string(), parameters })),
      /** The host was rolled back by hand and keeps that until what it is assigned changes. */
      suspended: z.boolean(),
      /** Why nothing new is sent, such as more layers than a host may have. */
      refused: z.string().nullable(),
    }),
    /** The generation that the agent last reported as applied. */
    applied_generation: z.int().min(0).nullable(),
    /** Of the generation that the agent last tried; null before the first. */
    outcome: switchOutcome.nullable(),
  })
  .meta({ id: 'HostDetail' });

export const hostGroup = z.object({ group: name, hosts: z.array(hostId) }).meta({ id: 'HostGroup' });
export const personaGroup = z.object({ group: name, personas: z.array(personaId) }).meta({ id: 'PersonaGroup' });
