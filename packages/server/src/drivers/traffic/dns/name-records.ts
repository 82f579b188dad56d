/**
 * The addresses of a name as one server has them, which is asked directly.
 *
 * A name without addresses has none; every other failure throws `traffic_failed`.
 */
import { Resolver } from 'node:dns/promises';
import { GuiseError, limits } from '@guise/model';

export const families = ['A', 'AAAA'] as const;
export type Family = (typeof families)[number];

export interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

export type NameRecords = Readonly<Record<Family, readonly AddressRecord[]>>;

/** `server`: address and port. A new resolver each time: what was answered before does not count. */
export async function nameRecords(server: string, name: string, signal: AbortSignal): Promise<NameRecords> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: limits.trafficCommandTimeoutMs / 2, tries: 2 });
  resolver.setServers([server]);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const [A, AAAA] = await Promise.all([
      resolver.resolve4(name, { ttl: true }).catch(noneIfAbsent),
      resolver.resolve6(name, { ttl: true }).catch(noneIfAbsent),
    ]);
    return { A, AAAA };
  } catch (cause) {
    signal.throwIfAborted();
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new GuiseError('traffic_failed', `Cannot ask ${server} for ${name}: ${reason}`, { cause });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function noneIfAbsent(error: unknown): readonly AddressRecord[] {
  if (error instanceof Error && 'code' in error && (error.code === 'ENODATA' || error.code === 'ENOTFOUND')) return [];
  throw error;
}
