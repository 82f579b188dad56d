/**
 * What a control plane asks of a provider of hosts that runs beside it with more rights, and what that answers.
 *
 * HTTP over a Unix socket: one `POST` to `providerPath` for each request, JSON both ways, an `ErrorBody` for what is refused. The port is
 * `server/src/drivers/host-provider/host-provider.ts`; each operation means what it means there.
 */
import { limits } from '@guise/model';
import { z } from 'zod';
import { type Capability, capability, fingerprint, hostId, snapshotLabel as label } from './schemas/ids.ts';

export { type Capability, capability };

export const providerPath = '/provider/v1';

const hostName = z.string().min(1).max(64);
/** A number of any size, which JSON has not. */
const fence = z.string().regex(/^\d{1,19}$/, 'must be a number of at most 19 digits');

const provided = { host_id: hostId, name: hostName };
const fenced = { ...provided, fence };

const allocation = z.strictObject({
  cpu_cores: z.number().positive().max(limits.providedCores).exactOptional(),
  memory_mb: z.number().positive().max(limits.providedMemoryMb).exactOptional(),
});

export const providerRequest = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('capabilities'), ...provided }),
  z.strictObject({ operation: z.literal('snapshot'), ...fenced, label }),
  z.strictObject({ operation: z.literal('revert'), ...fenced, label }),
  z.strictObject({ operation: z.literal('discard'), ...fenced, label }),
  z.strictObject({ operation: z.literal('deploy'), ...fenced, image: z.string().min(1).max(64) }),
  z.strictObject({ operation: z.literal('resize'), ...fenced, allocation }),
  z.strictObject({ operation: z.literal('power'), ...fenced, to: z.enum(['on', 'off', 'cycle']) }),
  z.strictObject({ operation: z.literal('usage'), machine: z.string().min(1).max(253) }),
]);

const done = z.object({});

/** The shape of each answer, by the operation. */
export const providerAnswers = {
  capabilities: z.object({
    can: z.array(capability),
    images: z.array(z.string()),
  }),
  snapshot: fingerprint,
  revert: fingerprint,
  discard: done,
  deploy: done,
  resize: done,
  power: done,
  usage: z
    .object({
      cpu_cores: z.number(),
      memory_mb: z.number(),
      cpu_pressure: z.number().nullable(),
      hosts: z.array(
        z.object({
          name: z.string(),
          allocation,
          cpu_seconds: z.number(),
          memory_mb: z.number(),
          throttled_seconds: z.number(),
        }),
      ),
    })
    .nullable(),
} as const;

export type ProviderRequest = z.output<typeof providerRequest>;
export type ProviderOperation = ProviderRequest['operation'];
export type ProviderAnswer<Operation extends ProviderOperation> = z.output<(typeof providerAnswers)[Operation]>;
