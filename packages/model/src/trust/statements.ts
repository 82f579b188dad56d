/**
 * What is signed: a version of a persona, a trust root, a permission to go back.
 *
 * A statement is the RFC 8785 bytes of one of these, so that equal statements are equal bytes. Unknown keys are refused.
 * Source: docs/adr/0017-signed-envelopes.md.
 */
import { z } from 'zod';
import { limits } from '../limits.ts';
import type { ResolvedPersona } from '../persona/resolved.ts';
import { isCanonicalBase64 } from './base64.ts';

const name = z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, 'must be a lower-case name');
const version = z.int().min(1).max(1_000_000_000);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a SHA-256 digest');
const instant = z.iso.datetime({ precision: 3 });
const keyId = z.string().regex(/^ed25519:[0-9a-f]{64}$/, 'must be the id of an Ed25519 key');

const located = z.strictObject({
  file: z.string().max(4096),
  document: z.looseObject({ guise: z.literal('persona/v1'), persona_id: name }),
  positions: z.record(z.string(), z.tuple([z.int().min(0), z.int().min(0)])),
});

/** A resolved persona: the parser of the model looks deeper, after the signatures were verified. */
const persona = z.strictObject({
  own: located,
  ancestors: z.array(located).max(limits.ancestors),
}) as unknown as z.ZodType<ResolvedPersona, ResolvedPersona>;

export const personaStatement = z.strictObject({
  organization: name,
  environment: name,
  persona_id: name,
  /** Of the document; decides with the environment who has to sign. */
  category: name.nullable(),
  version,
  /** Of the payload of the version before; null for the first. */
  previous: digest.nullable(),
  expires_at: instant,
  /** Every document that this one is built on, furthest first, by the digest of its canonical JSON. */
  extends: z.array(z.strictObject({ persona_id: name, digest })).max(limits.ancestors),
  /** Every text that goes into a file or a database, by where it stands (`web:files./etc/motd.content`) and its digest. */
  files: z.array(z.strictObject({ path: z.string().max(4096 + 256), digest })).max(10_000),
  persona,
});

export type PersonaStatement = z.output<typeof personaStatement>;

const signers = z.strictObject({
  keys: z.array(keyId).min(1).max(limits.keysPerRole),
  /** So many distinct keys of these have to sign. */
  threshold: z.int().min(1).max(limits.keysPerRole),
});

/** Who signs for an environment and category; `*` is any. The most specific rule counts, environment before category. */
const rule = signers.extend({
  environment: z.union([name, z.literal('*')]),
  category: z.union([name, z.literal('*')]),
});

export const rootStatement = z.strictObject({
  organization: name,
  version,
  expires_at: instant,
  keys: z
    .array(
      z.strictObject({
        keyid: keyId,
        name,
        /** 32 bytes as base64. */
        public: z.string().length(44).refine(isCanonicalBase64, 'must be 32 bytes as base64'),
      }),
    )
    .min(1)
    .max(limits.keysPerRoot),
  /** Who signs the next root: enough of these and enough of the next one's own. */
  root: signers,
  /** Who signs versions of personas. */
  personas: z.array(rule).max(limits.rulesPerRoot),
  /** Who signs permissions to go back. */
  rollbacks: z.array(rule).max(limits.rulesPerRoot),
});

export type RootStatement = z.output<typeof rootStatement>;
export type SigningRule = z.output<typeof rule>;

export const rollbackStatement = z.strictObject({
  /** Unguessable; a host takes each one once. */
  id: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/, 'must be 128 random bits or more'),
  organization: name,
  environment: name,
  persona_id: name,
  category: name.nullable(),
  from: version,
  to: version,
  hosts: z.array(name).min(1).max(10_000),
  reason: z.string().max(1024),
  expires_at: instant,
});

export type RollbackStatement = z.output<typeof rollbackStatement>;
