/** What allowed a version of a persona: whose keys, which payload, until when. */
import { z } from 'zod';
import { digest, time } from './ids.ts';

export const signature = z
  .object({ signers: z.array(z.string()), payload_digest: digest, expires_at: time })
  .meta({ id: 'Signature' });
