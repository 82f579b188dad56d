/** Secrets by name. Values travel one way: in. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { name, time, version } from './ids.ts';

export const secretName = name;

export const secretWrite = z
  .strictObject({
    /** Base64, so that any bytes can be a secret. */
    value: z
      .base64('must be base64')
      .min(1, 'must not be empty')
      .max(Math.ceil(limits.secretBytes / 3) * 4, `must be at most ${limits.secretBytes} bytes`),
    /** Refuse to make a secret that is not there: a rotation with a mistyped name is no new secret. */
    existing: z.boolean().default(false),
    version: version.max(2_000_000_000).optional(),
  })
  .meta({ id: 'SecretWrite' });

export const writtenSecret = z.object({ name: secretName, version }).meta({ id: 'WrittenSecret' });

export const secretSummary = z
  .object({
    name: secretName,
    version,
    updated_at: time,
    updated_by: z.string(),
    /** Current personas that name it. */
    used_by: z.array(z.string()),
  })
  .meta({ id: 'SecretSummary' });
