/**
 * Takes the addresses of a host out of a name that several hosts share, and puts them back, by dynamic updates of its zone.
 *
 * Draining waits for as long as resolvers may remember the record; before that the host counts as served, since clients may still come.
 * A call that comes again waits for all of it again: nobody can say how long the record has been gone. An update requires the record
 * set to be as it was read, so of two that drain the last two hosts at once one is refused.
 * Which addresses a host has says its own name, at the same server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DnsSettings } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import { checkedHost, type OutboundRules } from '../../../outbound/checked-place.ts';
import type { Traffic, TrafficState } from '../traffic.ts';
import { type Family, families, type NameRecords, nameRecords } from './name-records.ts';
import { type TsigKey, updateZone } from './update-zone.ts';

type Limits = Parameters<Traffic['drain']>[1];

export class DnsTraffic implements Traffic {
  readonly name: string;
  readonly #settings: DnsSettings;
  readonly #key: TsigKey;
  readonly #rules: OutboundRules;

  /** `secret`: of the TSIG key, base64. */
  constructor(name: string, settings: DnsSettings, secret: string, rules: OutboundRules) {
    this.name = name;
    this.#settings = settings;
    this.#key = { name: settings.key_name, secret };
    this.#rules = rules;
  }

  async serves(hostId: string): Promise<boolean> {
    return hasAny(await this.#recordsOf(this.#ownName(hostId), unaborted()));
  }

  async state(hostId: string): Promise<TrafficState> {
    const { served, own } = await this.#look(hostId, unaborted());
    return { isServing: hasAny(common(served, own)), underWay: null };
  }

  async drain(hostId: string, { deadlineMs, signal }: Limits): Promise<TrafficState> {
    const endsAt = performance.now() + deadlineMs;
    const ttlS = await this.#remove(hostId, signal);
    const leftMs = Math.max(endsAt - performance.now(), 0);
    await sleep(Math.min(ttlS * 1000, leftMs), undefined, { signal });
    if (leftMs < ttlS * 1000) return { isServing: true, underWay: null };
    return this.state(hostId);
  }

  async restore(hostId: string, { signal }: Limits): Promise<void> {
    const { served, own } = await this.#look(hostId, signal);
    const missing = difference(own, served);
    if (!hasAny(missing)) return;
    const ttl = (family: Family) => served[family][0]?.ttl ?? this.#settings.ttl_s;
    await this.#update(
      recordsOf(missing).map(([family, address]) => `update add ${this.#shared} ${ttl(family)} ${family} ${address}`),
      signal,
    );
  }

  /** How long resolvers may remember what is gone now, in seconds. */
  async #remove(hostId: string, signal: AbortSignal): Promise<number> {
    for (let attempt = 0; attempt < limits.trafficUpdateAttempts; attempt++) {
      const { served, own } = await this.#look(hostId, signal);
      const leaving = common(served, own);
      const ttlS = Math.max(...ttlsOf(leaving), ...(hasAny(leaving) ? [] : [this.#settings.ttl_s, ...ttlsOf(served)]));
      if (!hasAny(leaving)) return ttlS;
      if (!this.#settings.allow_empty) this.#requireOthers(hostId, served, leaving);
      const required = families.filter((family) => leaving[family].length > 0);
      const commands = [
        ...required.flatMap((family) =>
          served[family].map(({ address }) => `prereq yxrrset ${this.#shared} ${family} ${address}`),
        ),
        ...recordsOf(leaving).map(([family, address]) => `update delete ${this.#shared} ${family} ${address}`),
      ];
      if ((await this.#update(commands, signal)) === 'done') return ttlS;
    }
    throw new GuiseError(
      'traffic_failed',
      `Cannot take ${hostId} out of ${this.#settings.name}: somebody else keeps changing its addresses`,
    );
  }

  #requireOthers(hostId: string, served: NameRecords, leaving: NameRecords): void {
    const emptied = families.find((family) => {
      const count = leaving[family].length;
      return count > 0 && count === served[family].length;
    });
    if (emptied === undefined) return;
    throw new GuiseError(
      'traffic_failed',
      `Cannot take ${hostId} out of ${this.#settings.name}: it has the last ${emptied} record, and "allow_empty" is not set`,
    );
  }

  async #look(
    hostId: string,
    signal: AbortSignal,
  ): Promise<{ readonly served: NameRecords; readonly own: NameRecords }> {
    const own = await this.#recordsOf(this.#ownName(hostId), signal);
    if (!hasAny(own)) {
      throw new GuiseError(
        'traffic_not_found',
        `Cannot find ${hostId} in ${this.name}: ${this.#ownName(hostId)} has no address`,
      );
    }
    return { served: await this.#recordsOf(this.#settings.name, signal), own };
  }

  async #recordsOf(name: string, signal: AbortSignal): Promise<NameRecords> {
    const { address, port } = await this.#server();
    return nameRecords(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`, name, signal);
  }

  async #update(commands: readonly string[], signal: AbortSignal): Promise<'done' | 'changed'> {
    const { zone } = this.#settings;
    return updateZone({ ...(await this.#server()), zone, key: this.#key, commands }, signal);
  }

  async #server(): Promise<{ readonly address: string; readonly port: number }> {
    const { host, port } = serverOf(this.#settings);
    return { address: await checkedHost(host, this.#rules), port };
  }

  #ownName(hostId: string): string {
    return this.#settings.host.replace('{host_id}', hostId);
  }

  get #shared(): string {
    return `${this.#settings.name}.`;
  }
}

export function serverOf({ server }: DnsSettings): { readonly host: string; readonly port: number } {
  const [, host = '', port = '53'] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(server) ?? [];
  return { host, port: Number(port) };
}

function common(some: NameRecords, others: NameRecords): NameRecords {
  return filtered(some, (family, address) => others[family].some((other) => other.address === address));
}

function difference(some: NameRecords, others: NameRecords): NameRecords {
  return filtered(some, (family, address) => !others[family].some((other) => other.address === address));
}

function filtered(records: NameRecords, keep: (family: Family, address: string) => boolean): NameRecords {
  const of = (family: Family) => records[family].filter(({ address }) => keep(family, address));
  return { A: of('A'), AAAA: of('AAAA') };
}

function recordsOf(records: NameRecords): readonly (readonly [Family, string])[] {
  return families.flatMap((family) => records[family].map(({ address }) => [family, address] as const));
}

function ttlsOf(records: NameRecords): readonly number[] {
  return families.flatMap((family) => records[family].map(({ ttl }) => ttl));
}

function hasAny(records: NameRecords): boolean {
  return families.some((family) => records[family].length > 0);
}

function unaborted(): AbortSignal {
  return new AbortController().signal;
}
