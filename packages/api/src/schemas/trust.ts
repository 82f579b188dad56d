/** Tokens and the audit trail. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { hostId, tags, time } from './ids.ts';
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
  .object({ sequence: z.int(), at: time, actor: z.string(), action: z.string(), resource: z.string(), detail: json })
  .meta({ id: 'AuditEntry' });
