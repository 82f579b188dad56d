/**
 * Hosts of a lab on this machine, through the socket of `guise lab provide`: the control plane itself has no rights there.
 *
 * An operation may take as long as `limits.providerTimeoutMs`, since an image that was never used is built first. When the control
 * plane is killed meanwhile, the operation goes on, and the one that comes again waits for it.
 * Throws: what the provider answers, by its code; `provider_failed` when it cannot be reached or answers something else.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { errorBody, errorFrom } from '@guise/api';
import {
  type ProviderAnswer,
  type ProviderOperation,
  type ProviderRequest,
  providerAnswers,
  providerPath,
} from '@guise/api/provider-wire';
import { GuiseError, type HostId, limits } from '@guise/model';
import type {
  Allocation,
  Capabilities,
  Fenced,
  Fingerprint,
  HostProvider,
  HostProviders,
  MachineUsage,
  ProvidedHost,
} from './host-provider.ts';

type Request<Operation extends ProviderOperation> = Omit<
  Extract<ProviderRequest, { operation: Operation }>,
  'operation'
>;

/** Of a control plane beside such a lab. */
export function labProviders(socketPath: string): HostProviders {
  const provider = new LabProvider(socketPath);
  return new Map([[provider.name, provider]]);
}

export class LabProvider implements HostProvider {
  readonly name = 'lab';
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async capabilities(host: ProvidedHost): Promise<Capabilities> {
    return await this.#ask('capabilities', provided(host));
  }

  async snapshot(host: Fenced, label: string): Promise<Fingerprint> {
    return await this.#ask('snapshot', { ...fenced(host), label });
  }

  async revert(host: Fenced, label: string): Promise<Fingerprint> {
    return await this.#ask('revert', { ...fenced(host), label });
  }

  async discard(host: Fenced, label: string): Promise<void> {
    await this.#ask('discard', { ...fenced(host), label });
  }

  async deploy(host: Fenced, image: string): Promise<void> {
    await this.#ask('deploy', { ...fenced(host), image });
  }

  async resize(host: Fenced, allocation: Allocation): Promise<void> {
    await this.#ask('resize', { ...fenced(host), allocation: onWire(allocation) });
  }

  async power(host: Fenced, to: 'on' | 'off' | 'cycle'): Promise<void> {
    await this.#ask('power', { ...fenced(host), to });
  }

  async usage(machine: string): Promise<MachineUsage | null> {
    const answer = await this.#ask('usage', { machine });
    if (answer === null) return null;
    return {
      cpuCores: answer.cpu_cores,
      memoryMb: answer.memory_mb,
      cpuPressure: answer.cpu_pressure,
      hosts: answer.hosts.map((host) => ({
        name: host.name,
        allocation: fromWire(host.allocation),
        cpuSeconds: host.cpu_seconds,
        memoryMb: host.memory_mb,
        throttledSeconds: host.throttled_seconds,
      })),
    };
  }

  async #ask<Operation extends ProviderOperation>(
    operation: Operation,
    request: Request<Operation>,
  ): Promise<ProviderAnswer<Operation>> {
    const { status, text } = await post(this.#socketPath, JSON.stringify({ operation, ...request }));
    const body = parseJson(text);
    if (status === 200) {
      const parsed = providerAnswers[operation].safeParse(body);
      if (parsed.success) return parsed.data as ProviderAnswer<Operation>;
    }
    const refusal = errorBody.safeParse(body);
    if (refusal.success) throw errorFrom(refusal.data, 'provider_failed');
    throw new GuiseError(
      'provider_failed',
      `Cannot read what the lab answered to ${operation}: its status is ${status}`,
    );
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(socketPath: string, body: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const failed = (cause: unknown) =>
    reject(new GuiseError('provider_failed', `Cannot reach the lab at ${socketPath}`, { cause }));
  const signal = AbortSignal.timeout(limits.providerTimeoutMs);
  const headers = { 'content-type': 'application/json' };
  const call = httpRequest({ socketPath, path: providerPath, method: 'POST', headers, signal }, (response) => {
    textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), failed);
  });
  call.on('error', failed);
  call.end(body);
  return await promise;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.providerAnswerBytes)
      throw new Error(`its answer is larger than ${limits.providerAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function provided({ hostId, name }: ProvidedHost) {
  return { host_id: hostId as HostId, name };
}

function fenced(host: Fenced) {
  return { ...provided(host), fence: String(host.fence) };
}

function onWire({ cpuCores, memoryMb }: Allocation) {
  return {
    ...(cpuCores === undefined ? {} : { cpu_cores: cpuCores }),
    ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }),
  };
}

function fromWire({ cpu_cores, memory_mb }: ReturnType<typeof onWire>): Allocation {
  return {
    ...(cpu_cores === undefined ? {} : { cpuCores: cpu_cores }),
    ...(memory_mb === undefined ? {} : { memoryMb: memory_mb }),
  };
}
