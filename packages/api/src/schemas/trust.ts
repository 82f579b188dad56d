/** Tokens and the audit trail. */
import { limits } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { actions } from '../routes/action.ts';
import { digest, hostId, name, personaId, tag, tags, time, version } from './ids.ts';
import { json } from './json.ts';

export const joinTokenRequest = z
  .strictObject({
    /** Only this host may use it. Needed to enrol again a host that is already known. */
    host_id: hostId.optional(),
    /** What the host is tagged when it enrols. */
    tags: tags
      .refine(
        (value) => Object.keys(value).length <= limits.tagsPerHost,
        `must have at most ${limits.tagsPerHost} tags`,
      )
      .default({}),
    expires_in_s: z
      .int()
      .min(1)
      .max(limits.joinTokenLifeMs / 1000)
      .default(limits.joinTokenLifeMs / 1000),
  })
  .meta({ id: 'JoinTokenRequest' });

export const joinToken = z.object({ join_token: z.string(), expires_at: time }).meta({ id: 'JoinToken' });

/** What a token may at most do, whatever its roles say. What is left out is not limited. */
export const tokenScope = z
  .strictObject({
    actions: z.array(z.enum(actions)).min(1).max(actions.length).optional(),
    /** These hosts, and those with one of the tags. */
    hosts: z.array(hostId).min(1).max(limits.scopeItems).optional(),
    tags: z.array(tag).min(1).max(limits.scopeItems).optional(),
    personas: z.array(personaId).min(1).max(limits.scopeItems).optional(),
  })
  .meta({ id: 'TokenScope' });

const lifeS = z
  .int()
  .min(1)
  .max(limits.tokenLifeMaxMs / 1000);

export const tokenRequest = z
  .strictObject({
    /** One token a name. It is what the audit calls its bearer, so no other kind of actor may be named like it. */
    name: z
      .string()
      .regex(
        /^[a-zA-Z0-9]([a-zA-Z0-9 ._@+-]{0,118}[a-zA-Z0-9])?$/,
        'must be letters, digits and " ._@+-", at most 120',
      ),
    expires_in_s: lifeS.default(limits.tokenLifeMs / 1000),
    /** None: the token may do nothing but say who it is. */
    roles: z.array(name).max(limits.rolesPerToken).default([]),
    scope: tokenScope.optional(),
  })
  .meta({ id: 'TokenRequest' });

export const tokenSummary = z
  .object({
    token_id: z.string(),
    name: z.string(),
    roles: z.array(z.string()),
    scope: tokenScope.nullable(),
    created_by: z.string(),
    created_at: time,
    expires_at: time.nullable(),
  })
  .meta({ id: 'TokenSummary' });

/** The only time that the token itself is told. */
export const newToken = tokenSummary.extend({ token: z.string() }).meta({ id: 'NewToken' });

export const auditEntry = z
  .object({
    /** Its name: unique, never given again. Its place in the log is another number. */
    sequence: z.int(),
    at: time,
    actor: z.string(),
    action: z.string(),
    resource: z.string(),
    /** Why it happened, when not because somebody asked for it. */
    cause: z.string().nullable(),
    /** Digests of what it was and became, where that has one. */
    before: z.string().nullable(),
    after: z.string().nullable(),
    outcome: z.enum(['done', 'denied', 'failed']),
    detail: json,
  })
  .meta({ id: 'AuditEntry' });

export const trustRoot = z
  .object({
    organization: z.string(),
    /** The one that this control plane serves; its hosts take personas of no other. */
    environment: z.string(),
    version,
    /** Of the payload. */
    digest,
    expires_at: time,
    /** Whether the control plane made it for itself, and signs what is published. */
    development: z.boolean(),
    envelope,
  })
  .meta({ id: 'TrustRoot' });
/** 32 bytes as base64. */
const hash = z.string().length(44);
/** As it was signed; see https://c2sp.org/tlog-checkpoint. */
const note = z.string().max(limits.checkpointChars);

export const auditCheckpoint = z
  .object({ size: z.int().min(1), note, signed_at: time })
  .meta({ id: 'AuditCheckpoint' });

/** Of what the log is, and who signs its checkpoints. */
export const auditLogName = { origin: z.string(), key: hash };

export const auditLogPage = z
  .object({
    ...auditLogName,
    /** Entries that have their places. */
    size: z.int().min(0),
    newest: auditCheckpoint.nullable(),
    entries: z.array(
      z.object({
        index: z.int().min(0),
        sequence: z.int(),
        /** Of the leaf, as it was when the entry got its place. */
        hash,
        /** Null when it is gone. */
        entry: auditEntry.nullable(),
      }),
    ),
    /** Whose last entry is in this page, smallest first. */
    checkpoints: z.array(note),
    /** Sequences of entries that are in the database and have no place, and do not wait for one. */
    strays: z.array(z.int()),
    /** Where the next page begins; null at the end. */
    next: z.int().nullable(),
  })
  .meta({ id: 'AuditLogPage' });

export const auditProof = z
  .object({
    size: z.int().min(0),
    root: hash,
    /** That the entry is in it; with `from`, that it goes on from the log of so many entries. */
    hashes: z.array(hash),
  })
  .meta({ id: 'AuditProof' });
