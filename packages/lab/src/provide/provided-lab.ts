/**
 * A lab as a provider of hosts: what the port of the control plane asks, by what a lab can do.
 *
 * One operation on a host at a time, in any number of processes, each under a fence that is checked when its turn has come.
 * Every operation may come again: what is done already is done again or stays, and what was half done by whoever was killed is settled
 * first (see `replace-root.ts`).
 * Throws: `lease_lost`, `host_not_found`, `snapshot_not_found`, `limit_exceeded`, `capability_missing` for an image that it does not have;
 * `provider_failed` with what the system said for everything else.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ProviderAnswer, ProviderOperation, ProviderRequest } from '@guise/api/provider-wire';
import { type ErrorCode, GuiseError } from '@guise/model';
import { fingerprintOf, type RootFingerprint } from '../fingerprint.ts';
import { imageNames, isImageName } from '../images.ts';
import type { Lab } from '../lab.ts';
import { acquireLocks } from '../lock.ts';
import { hostTurn, type LabNames } from '../names.ts';
import { admitFence } from './fence-file.ts';

type Request<Operation extends ProviderOperation> = Extract<ProviderRequest, { operation: Operation }>;
type Handlers = {
  readonly [Operation in ProviderOperation]: (request: Request<Operation>) => Promise<ProviderAnswer<Operation>>;
};
type FencedRequest = Extract<ProviderRequest, { fence: string }>;

/** What its caller can do something about; the rest is the lab's own trouble. */
const told: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'lease_lost',
  'host_not_found',
  'host_busy',
  'snapshot_not_found',
  'limit_exceeded',
  'capability_missing',
  'argument_invalid',
]);

export class ProvidedLab {
  readonly #lab: Lab;
  readonly #names: LabNames;

  constructor(lab: Lab, names: LabNames) {
    this.#lab = lab;
    this.#names = names;
  }

  async answer<Operation extends ProviderOperation>(
    request: Request<Operation> & ProviderRequest,
  ): Promise<ProviderAnswer<Operation>> {
    const handler = this.#handlers[request.operation] as unknown as (
      request: ProviderRequest,
    ) => Promise<ProviderAnswer<Operation>>;
    try {
      if ('name' in request) this.#lab.host(request.name);
      return 'fence' in request ? await this.#inTurn(request, () => handler(request)) : await handler(request);
    } catch (error) {
      throw asProviders(error);
    }
  }

  readonly #handlers: Handlers = {
    capabilities: async () => ({ can: ['snapshot', 'revert', 'resize', 'power', 'image'], images: [...imageNames] }),
    snapshot: async ({ name, label }) => {
      if (this.#lab.findSnapshot(name, label) === undefined) await this.#lab.snapshot(name, label);
      return fingerprint(await fingerprintOf(this.#lab.findSnapshot(name, label)!));
    },
    revert: async ({ name, label }) => {
      let found: RootFingerprint | undefined;
      await this.#lab.restore(name, label, async (root) => {
        found = await fingerprintOf(root);
      });
      return fingerprint(found!);
    },
    discard: async ({ name, label }) => {
      await this.#lab.discard(name, label);
      return {};
    },
    deploy: async ({ name, image }) => {
      if (!isImageName(image)) {
        const known = imageNames.join(' and ');
        throw new GuiseError('capability_missing', `Cannot deploy "${image}" to ${name}: its provider has ${known}`);
      }
      await this.#lab.deploy(name, image);
      return {};
    },
    resize: async ({ name, allocation }) => {
      await this.#lab.limit(name, {
        ...(allocation.cpu_cores === undefined ? {} : { cpuCores: allocation.cpu_cores }),
        ...(allocation.memory_mb === undefined ? {} : { memoryMb: allocation.memory_mb }),
      });
      return {};
    },
    power: async ({ name, to }) => {
      await this.#lab.power(name, to);
      return {};
    },
    usage: async ({ machine }) => (machine === hostname() ? this.#usage() : null),
  };

  async #inTurn<Answer>({ name, fence }: FencedRequest, work: () => Promise<Answer>): Promise<Answer> {
    using _turn = await acquireLocks(hostTurn(this.#names, name));
    admitFence(join(this.#names.stateDirectory, `${name}.fence`), name, BigInt(fence));
    return await work();
  }

  #usage(): ProviderAnswer<'usage'> {
    return {
      cpu_cores: availableParallelism(),
      memory_mb: Math.floor(totalmem() / 1024 ** 2),
      cpu_pressure: cpuPressure(),
      hosts: this.#lab.list().map(({ name, cpuCores, memoryMb }) => {
        const used = this.#lab.usage(name);
        return {
          name,
          allocation: {
            ...(cpuCores === undefined ? {} : { cpu_cores: cpuCores }),
            ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }),
          },
          cpu_seconds: used.cpuSeconds,
          memory_mb: used.memoryMb,
          throttled_seconds: used.throttledSeconds,
        };
      }),
    };
  }
}

function fingerprint({ digest, parts }: RootFingerprint): ProviderAnswer<'snapshot'> {
  return { digest, parts: { ...parts } };
}

/** Null where the kernel does not say. Source: the kernel's Documentation/accounting/psi.rst. */
function cpuPressure(): number | null {
  try {
    const average = /^some avg10=([\d.]+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1];
    return average === undefined ? null : Number(average) / 100;
  } catch {
    return null;
  }
}

function asProviders(error: unknown): GuiseError {
  if (error instanceof GuiseError && told.has(error.code)) return error;
  const said = error instanceof GuiseError ? `${error.message} ${error.detail ?? ''}` : String(error);
  if (/No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/.test(said))
    return new GuiseError('limit_exceeded', 'Cannot go on: the disk of the lab is full', { cause: error });
  const why = error instanceof GuiseError ? error.message : 'its log says why';
  return new GuiseError('provider_failed', `The lab failed: ${why}`, { cause: error, detail: said });
}
