/** Policies, roles, and who somebody is. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { name, time } from './ids.ts';
import { tokenScope } from './trust.ts';

/** PostgreSQL keeps no NUL, and nobody sees the others. */
const plain = /^[^\p{Cc}\p{Cs}]*$/u;

export const policyText = z
  .string()
  .min(1)
  .max(limits.policyChars)
  .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\r\t])*$/u, 'must have no control characters');

export const policySummary = z
  .object({
    name,
    /** Of those that guise brings and nobody changes. */
    built_in: z.boolean(),
    /** Counts up with each change; 0 where it is built in. */
    version: z.int().min(0),
    updated_by: z.string().nullable(),
    updated_at: time.nullable(),
  })
  .meta({ id: 'PolicySummary' });

export const policy = policySummary.extend({ text: z.string() }).meta({ id: 'Policy' });

/** Where a role is given: to a user by verified email or `sub:` and the issuer's id, to a group of the issuer, or to a token by name. */
export const roleBinding = z
  .strictObject({
    role: name,
    subject_type: z.enum(['user', 'group', 'token']),
    subject: z.string().min(1).max(512).regex(plain, 'must have no control characters'),
  })
  .meta({ id: 'RoleBinding' });

export const grantedRole = roleBinding.extend({ granted_by: z.string(), granted_at: time }).meta({ id: 'GrantedRole' });

export const session = z
  .object({
    actor: z.string(),
    type: z.enum(['user', 'program']),
    roles: z.array(z.string()),
    groups: z.array(z.string()),
    scope: tokenScope.nullable(),
    expires_at: time.nullable(),
  })
  .meta({ id: 'Session' });

/** 256 bits as base64url. */
const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 characters of base64url');
const port = '([1-9][0-9]{0,4})';

export const loginQuery = z.strictObject({
  /** Where the command line waits, on the person's own machine and nowhere else. Source: RFC 8252, 7.3. */
  redirect_uri: z
    .string()
    .regex(new RegExp(`^http://127\\.0\\.0\\.1:${port}/done$`), 'must be http://127.0.0.1:PORT/done'),
  state: secret,
  /** SHA-256 of what `/auth/token` must be told. Source: RFC 7636, 4.2. */
  code_challenge: secret,
});

/** What an issuer may answer; only that which counts is looked at. */
export const callbackQuery = z.record(z.string().max(64), z.string().max(4096));

export const loginCode = z.strictObject({ code: secret, code_verifier: secret }).meta({ id: 'LoginCode' });

export const sessionToken = z
  .object({ token: z.string(), actor: z.string(), expires_at: time })
  .meta({ id: 'SessionToken' });
