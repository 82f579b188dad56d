/**
 * One round on one machine: reads what its hosts use, decides what each may use, and resizes those for which that is another.
 *
 * Killed before a host is resized: it is recorded what is its own, and it has that. Killed after it: the next round finds what it was
 * made to have and goes on from there. What somebody else made a host have meanwhile is its own from then on.
 * A host that is leased anew between reading and resizing refuses the old fence, and the next round has the new one.
 * A resize that takes longer than a round is waited for before the next of that host. What is its own is forgotten only after the provider
 * has said that the host has it again, so that no resize which was under way in a killed process can come after.
 * In memory is only what a few rounds tell again: how much each host used lately.
 */
import { type Division, divideMachine, divideMemory, type MachineKnown, nothingKnown } from '@guise/decide/fairness';
import { GuiseError, type HostId, limits } from '@guise/model';
import type { MachineClaim } from '../app/machine-claim.ts';
import { stateDigest } from '../app/state-digest.ts';
import type { Allocation, HostProvider, HostUsage, MachineUsage } from '../drivers/host-provider/host-provider.ts';
import { inTime } from '../in-time.ts';
import { type Database, mutate } from '../store/database.ts';
import { forgetTaken, recordTaken, type SharedMachine, type SharingHost } from '../store/shared-machines.ts';
import { type Contender, contentionMessage } from './contention-alert.ts';

export interface RoundParts {
  readonly database: Database;
  readonly provider: HostProvider;
  readonly claimOf: (host: SharingHost) => Promise<MachineClaim>;
  /** Of a clock that never jumps. */
  readonly steadyMs: () => number;
  /** How the resizing of a host went, which keeps the others from nothing; null: well. */
  readonly onResized: (error: unknown, of: HostId) => void;
}

/** A host of the fleet that can be resized, as it is now. */
interface Present extends Contender {
  readonly usage: HostUsage;
  readonly own: Allocation;
}

export const rebalancer = 'rebalancer';

export class MachineRounds {
  readonly #parts: RoundParts;
  readonly #capable = new Map<string, { readonly isCapable: boolean; readonly untilMs: number }>();
  /** Hosts of which a resize is still under way. */
  readonly #pending = new Set<HostId>();
  #known: MachineKnown = nothingKnown;
  #isMemoryContended = false;

  constructor(parts: RoundParts) {
    this.#parts = parts;
  }

  /** What each host lacks, in words; null: nothing. */
  async round({ machine, hosts }: SharedMachine): Promise<ReadonlyMap<HostId, string | null>> {
    const usage = await waited(this.#parts.provider.usage(machine), `what "${machine}" uses`);
    const lacking = new Map<HostId, string | null>(hosts.map(({ hostId }) => [hostId, null]));
    if (usage === null) return lacking;
    const atMs = this.#parts.steadyMs();
    const present = await this.#present(usage, hosts);
    const division = this.#divideCores(usage, present, atMs);
    const memory = this.#divideMemory(usage, present);
    await Promise.all(present.map((each) => this.#tryToAdjust(each, wantedOf(each, division, memory))));
    for (const each of present) lacking.set(each.host.hostId, contentionMessage(each, present, usage, division));
    return lacking;
  }

  async #present(usage: MachineUsage, hosts: readonly SharingHost[]): Promise<readonly Present[]> {
    const byName = new Map(hosts.map((host) => [host.name, host]));
    const found: Present[] = [];
    for (const each of usage.hosts) {
      const host = byName.get(each.name);
      if (host === undefined || !(await this.#canResize(host))) continue;
      found.push({
        host,
        usage: each,
        claim: await this.#parts.claimOf(host),
        own: ownOf(host, each.allocation),
      });
    }
    return found;
  }

  async #canResize({ hostId, name }: SharingHost): Promise<boolean> {
    const nowMs = this.#parts.steadyMs();
    const known = this.#capable.get(hostId);
    if (known !== undefined && known.untilMs > nowMs) return known.isCapable;
    const { can } = await waited(
      this.#parts.provider.capabilities({ hostId, name }),
      `what can be done to "${hostId}"`,
    );
    const isCapable = can.includes('resize');
    this.#capable.set(hostId, { isCapable, untilMs: nowMs + limits.capabilitiesFreshMs });
    return isCapable;
  }

  #divideCores(usage: MachineUsage, present: readonly Present[], atMs: number): Division {
    const claims = new Map(
      present.map(({ host, claim, own }) => [host.name, { ...claim, ownCores: own.cpuCores ?? null }]),
    );
    const division = divideMachine(this.#known, {
      cores: usage.cpuCores,
      pressure: usage.cpuPressure,
      hosts: usage.hosts.map(({ name, allocation, cpuSeconds, throttledSeconds }) => ({
        name,
        reading: { atMs, cpuSeconds, throttledSeconds, allocation: allocation.cpuCores ?? null },
        claim: claims.get(name) ?? null,
      })),
    });
    this.#known = division;
    return division;
  }

  #divideMemory(usage: MachineUsage, present: readonly Present[]): ReadonlyMap<string, number | null> {
    const claims = new Map(
      present.map(({ host, claim, own }) => [host.name, { ...claim, ownMb: own.memoryMb ?? null }]),
    );
    const hosts = usage.hosts.map(({ name, memoryMb }) => ({
      name,
      usedMb: memoryMb,
      claim: claims.get(name) ?? null,
    }));
    const { isContended, limits: divided } = divideMemory(this.#isMemoryContended, usage.memoryMb, hosts);
    this.#isMemoryContended = isContended;
    return divided;
  }

  async #tryToAdjust(present: Present, wanted: Allocation): Promise<void> {
    try {
      await this.#adjust(present, wanted);
      this.#parts.onResized(null, present.host.hostId);
    } catch (error) {
      // Somebody else has the host now, or nobody: the next round knows.
      const isOver = error instanceof GuiseError && (error.code === 'lease_lost' || error.code === 'host_unavailable');
      if (!isOver) this.#parts.onResized(error, present.host.hostId);
    }
  }

  async #adjust({ host, usage, own }: Present, wanted: Allocation): Promise<void> {
    const has = usage.allocation;
    const isGivenBack = isSame(wanted, own);
    if (this.#pending.has(host.hostId) || (isGivenBack && host.taken === null)) return;
    if (isGivenBack || isNews(has, wanted)) {
      await this.#record(host, { own, asked: wanted, askedBefore: has });
      await this.#resize(host, wanted);
    }
    if (isGivenBack) await this.#forget(host, own);
  }

  async #resize({ hostId, name, fence }: SharingHost, wanted: Allocation): Promise<void> {
    this.#pending.add(hostId);
    const resized = this.#parts.provider
      .resize({ hostId, name, fence }, wanted)
      .finally(() => this.#pending.delete(hostId));
    await waited(resized, `the resizing of "${hostId}"`);
  }

  /** The beginning is audited, and not each turn of a wheel that turns twice a second. */
  async #record({ hostId, taken }: SharingHost, next: NonNullable<SharingHost['taken']>): Promise<void> {
    await mutate(this.#parts.database, rebalancer, async (tx) => {
      await recordTaken(tx, hostId, next);
      if (taken !== null) return { value: undefined, audit: null, signals: [] };
      return {
        value: undefined,
        audit: auditOf(hostId, next.own, next.asked),
        signals: [{ type: 'event', event: 'host.rebalanced', subject: hostId }],
      };
    });
  }

  async #forget({ hostId, taken }: SharingHost, own: Allocation): Promise<void> {
    await mutate(this.#parts.database, rebalancer, async (tx) => {
      await forgetTaken(tx, hostId);
      return {
        value: undefined,
        audit: auditOf(hostId, taken?.asked ?? own, own),
        signals: [{ type: 'event', event: 'host.rebalanced', subject: hostId }],
      };
    });
  }
}

function auditOf(hostId: string, before: Allocation, after: Allocation) {
  return {
    action: 'host:resize',
    resource: `host/${hostId}`,
    cause: 'contention',
    before: stateDigest(jsonOf(before)),
    after: stateDigest(jsonOf(after)),
    detail: { before: jsonOf(before), after: jsonOf(after) },
  };
}

function jsonOf({ cpuCores, memoryMb }: Allocation) {
  return { cpu_cores: cpuCores ?? null, memory_mb: memoryMb ?? null };
}

/** What it had before anything was taken; or what somebody else made it have since. */
function ownOf({ taken }: SharingHost, has: Allocation): Allocation {
  if (taken === null) return has;
  return isSame(has, taken.asked) || isSame(has, taken.askedBefore) ? taken.own : has;
}

/** What nothing is decided of stays as it is. */
function wantedOf(
  { host, usage }: Present,
  { limits: cores }: Division,
  memory: ReadonlyMap<string, number | null>,
): Allocation {
  const limitOf = (divided: ReadonlyMap<string, number | null>, has: number | undefined) => {
    const limit = divided.get(host.name);
    return limit === undefined ? has : (limit ?? undefined);
  };
  const cpuCores = limitOf(cores, usage.allocation.cpuCores);
  const memoryMb = limitOf(memory, usage.allocation.memoryMb);
  return {
    ...(cpuCores === undefined ? {} : { cpuCores: Number(cpuCores.toFixed(3)) }),
    ...(memoryMb === undefined ? {} : { memoryMb: Math.round(memoryMb) }),
  };
}

/** Of a limit: what differs less is not worth a change. */
const [newsCores, newsMemoryMb, newsShare] = [0.01, 32, 0.02];

function isNews(has: Allocation, wanted: Allocation): boolean {
  return (
    differs(has.cpuCores, wanted.cpuCores, newsCores, newsShare) ||
    differs(has.memoryMb, wanted.memoryMb, newsMemoryMb, newsShare)
  );
}

/** But for how a provider rounds. */
function isSame(one: Allocation, other: Allocation): boolean {
  return !differs(one.cpuCores, other.cpuCores, 0.001, 0) && !differs(one.memoryMb, other.memoryMb, 1, 0);
}

function differs(one: number | undefined, other: number | undefined, least: number, share: number): boolean {
  if (one === undefined || other === undefined) return one !== other;
  return Math.abs(one - other) > Math.max(least, share * one);
}

function waited<Value>(answer: Promise<Value>, what: string): Promise<Value> {
  const ms = limits.rebalanceTimeoutMs;
  return inTime(answer, ms, () => new GuiseError('provider_failed', `Cannot wait for ${what} longer than ${ms} ms`));
}
