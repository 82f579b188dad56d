/**
 * The port to whatever a host runs on: what can be done to a host from outside its persona.
 *
 * Every call that changes a host carries the fence of a lease. A provider remembers the highest that it has seen of each host, on its own
 * disk, and refuses a smaller one, so that whoever had the host before can do nothing to it any more.
 * Every call may come twice, because the process that made it may have been killed before it heard the answer: a snapshot that is there
 * stays, a revert that was made is made again, and removing what is gone succeeds.
 * What a provider cannot do it does not claim: `capabilities` is asked before anything changes.
 * Throws: `capability_missing`; `lease_lost` for a fence that is not the highest; `snapshot_not_found`; `host_unavailable`;
 * `provider_failed` with what the system said; `limit_exceeded` when the storage of snapshots is full.
 */
import type { Capability } from '@guise/api/provider-wire';
import type { Digest } from '@guise/model';

export type { Capability };

export interface Capabilities {
  readonly can: readonly Capability[];
  /** Names for `operating_system.image`; empty without `image`. */
  readonly images: readonly string[];
}

/** Which host, as the fleet knows it and as its provider does. */
export interface ProvidedHost {
  readonly hostId: string;
  /** What the provider calls it; the host's id where it has no other name. */
  readonly name: string;
}

export interface Fenced extends ProvidedHost {
  readonly fence: bigint;
}

/** What a host is, as far as a check-in must bring it back. */
export interface Fingerprint {
  readonly digest: Digest;
  /** By part, such as `files`, `packages` or `units`, so that a difference can be told. */
  readonly parts: { readonly [part: string]: Digest };
  /** Of a reverted host: the first names of what is not as at the snapshot, for people, where the provider can tell. */
  readonly differing?: readonly string[];
}

/** What a host may take of its machine. A part that is absent is not limited. */
export interface Allocation {
  readonly cpuCores?: number;
  readonly memoryMb?: number;
}

/** One host on a machine that several share. Source: cgroups(7), "cpu.stat", and the kernel's Documentation/accounting/psi.rst. */
export interface HostUsage {
  readonly name: string;
  readonly allocation: Allocation;
  /** CPU seconds used since the host was started. */
  readonly cpuSeconds: number;
  readonly memoryMb: number;
  /** Seconds in which it wanted to run and its limit kept it from it. */
  readonly throttledSeconds: number;
}

export interface MachineUsage {
  readonly cpuCores: number;
  readonly memoryMb: number;
  /** Share of the last 10 s in which something waited for a processor, 0 to 1; null where the kernel does not say. */
  readonly cpuPressure: number | null;
  readonly hosts: readonly HostUsage[];
}

export interface HostProvider {
  /** What the fleet calls it: `agent`, `lab`, `libvirt`. */
  readonly name: string;
  capabilities(host: ProvidedHost): Promise<Capabilities>;
  /** Of the host as it is now, under a label of the caller's. */
  snapshot(host: Fenced, label: string): Promise<Fingerprint>;
  /**
   * Makes the host what it was at the snapshot, and has it up again. The agent's identity, the root that it pinned, the highest version
   * of each persona and the fences that it has seen stay those of now.
   * The fingerprint is read from the reverted host, not from the snapshot.
   */
  revert(host: Fenced, label: string): Promise<Fingerprint>;
  discard(host: Fenced, label: string): Promise<void>;
  /** Another operating system, with the same agent on it; up again. */
  deploy(host: Fenced, image: string): Promise<void>;
  /** At once and without a restart. */
  resize(host: Fenced, allocation: Allocation): Promise<void>;
  power(host: Fenced, to: 'on' | 'off' | 'cycle'): Promise<void>;
  /** Null where its hosts share no machine that it knows of. */
  usage(machine: string): Promise<MachineUsage | null>;
}

/** Of a deployment; by the name that the fleet has for each. */
export type HostProviders = ReadonlyMap<string, HostProvider>;
