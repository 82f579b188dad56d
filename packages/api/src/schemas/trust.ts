/** Tokens and the audit trail. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { actions } from '../routes/action.ts';
import { hostId, name, personaId, tag, time } from './ids.ts';
import { json } from './json.ts';

export const joinTokenRequest = z
  .strictObject({
    /** Only this host may use it. Needed to enrol again a host that is already known. */
    host_id: hostId.optional(),
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
  .object({ sequence: z.int(), at: time, actor: z.string(), action: z.string(), resource: z.string(), detail: json })
  .meta({ id: 'AuditEntry' });
