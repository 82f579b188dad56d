/** Tokens and the audit trail. */
import { limits } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { digest, hostId, tags, time, version } from './ids.ts';
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

export const tokenRequest = z
  .strictObject({
    name: z.string().min(1).max(120),
    /** Without it the token does not expire. */
    expires_in_s: z
      .int()
      .min(1)
      .max(10 * 365 * 86_400)
      .optional(),
  })
  .meta({ id: 'TokenRequest' });

export const tokenSummary = z
  .object({ token_id: z.string(), name: z.string(), created_at: time, expires_at: time.nullable() })
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
