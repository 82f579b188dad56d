/**
 * A lab: real systemd hosts on this machine, made and thrown away in seconds.
 *
 * Every method reads the lab's state anew, because other processes may use the same lab. Locks are held while things are made or
 * removed, and not while hosts boot. Hosts outlive the process that started them. `down` needs no state: see `LabNames`.
 * Throws: `lab_unsupported` when the machine cannot have labs; `lab_failed` when a host does not boot; `host_not_found`;
 * `command_failed` and `command_timeout` from the tools used.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { GuiseError, type Json, limits } from '@guise/model';
import { ensureBase } from './base-image.ts';
import { breakHost, mendHost } from './breakage.ts';
import type { HostLimits } from './cgroup-layout.ts';
import type { CgroupUsage } from './cgroup-usage.ts';
import { Cgroups } from './cgroups.ts';
import { type CommandOptions, type CommandResult, runCommand } from './command.ts';
import { bringDown } from './down.ts';
import { awaitBoot, bootHost, type LabContext } from './host-boot.ts';
import type { ImageName } from './images.ts';
import { inParallel } from './in-parallel.ts';
import {
  type BreakKind,
  type HostRecord,
  knownLabState,
  type LabState,
  readLabState,
  readRecord,
  writeRecord,
} from './lab-state.ts';
import { acquireLocks } from './lock.ts';
import { checkName, hostCgroup, hostRoot, labNames } from './names.ts';
import { addressOf, outerAddress } from './network.ts';
import { enterCommand, hostEnvironment, launched, leaderOf } from './nspawn.ts';
import { requireRoom } from './pool.ts';
import { replaceRoot, settleRoot } from './replace-root.ts';
import { discardSnapshot, findSnapshot, snapshotNamed, takeSnapshot } from './snapshots.ts';
import { labSupport } from './support.ts';
import { prepareHosts } from './up.ts';

export interface LabOptions {
  readonly name: string;
  /** Absolute; labs of one directory share the base image. */
  readonly directory: string;
  /** The checkout that hosts see, read-only, at /opt/guise. */
  readonly repository: string;
  /** Called with each line of progress. */
  readonly report: (line: string) => void;
}

export interface HostSpec extends HostLimits {
  readonly name: string;
  /** Default: what it has, or `defaultImage`. */
  readonly image?: ImageName;
  /** Becomes /etc/guise/agent.json of a new host and starts its agent. */
  readonly agentConfig?: Json;
}

export interface LabHost extends HostLimits {
  readonly name: string;
  readonly image: ImageName;
  readonly address: string;
  readonly status: 'running' | 'stopped' | 'broken';
  readonly brokenBy?: BreakKind;
  /** The host's init as this machine numbers it; absent when it does not run. */
  readonly leaderPid?: number;
  /** The host's root directory as this machine sees it. */
  readonly root: string;
}

export type RunOptions = Pick<CommandOptions, 'input' | 'timeoutMs' | 'env'>;

/** Where labs are kept unless the caller chooses: `GUISE_LAB_DIR`, or a directory that only root can use. */
export function labDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['GUISE_LAB_DIR'] ?? '/var/lib/guise-lab';
}

/** Throws: `lab_unsupported`; `argument_invalid` for a name that no lab can have. */
export function openLab(options: LabOptions): Lab {
  const support = labSupport();
  if (!support.supported) throw new GuiseError('lab_unsupported', `Cannot run a lab here: ${support.missing}`);
  return new Lab(options);
}

export class Lab {
  readonly #context: LabContext;

  constructor(options: LabOptions) {
    const { directory, name, repository, report } = options;
    this.#context = { names: labNames(directory, name), cgroups: new Cgroups(), repository, report };
  }

  /**
   * Adds hosts and boots them; one that runs already is kept, with the limits given now, and one that is broken stays so.
   * Throws: `host_exists` for a host that has another image; `deploy` gives it one.
   * Gives those asked for, in their order, once systemd inside has finished booting.
   */
  async up(specs: readonly HostSpec[]): Promise<readonly LabHost[]> {
    for (const spec of specs) checkName(spec.name, 'host');
    const names = specs.map((spec) => spec.name);
    await prepareHosts(this.#context, specs);
    const whole = names.filter((name) => readRecord(this.#context.names, name).brokenBy === undefined);
    await inParallel(whole, limits.labBootsAtOnce, async (name) => await this.#boot(name));
    return names.map((name) => this.host(name));
  }

  /** Throws: `host_not_found`. */
  host(name: string): LabHost {
    return this.#describe(knownLabState(this.#context.names), readRecord(this.#context.names, name));
  }

  list(): readonly LabHost[] {
    const state = readLabState(this.#context.names.stateDirectory);
    return state === undefined ? [] : state.hosts.map((record) => this.#describe(state, record));
  }

  /** The machine's own address as hosts see it. Throws: `host_not_found` when the lab is not up. */
  outerAddress(): string {
    return outerAddress(knownLabState(this.#context.names).subnet);
  }

  /** Runs a command in a host to its end; any exit status is a result, not an error. The host's limits hold for it. */
  async run(host: string, argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return await runCommand(this.#inside(host, argv), { ...options, env: { ...hostEnvironment, ...options.env } });
  }

  /** Starts a command in a host on the caller's own terminal or pipes. */
  spawn(host: string, argv: readonly string[], stdio: StdioOptions): ChildProcess {
    const [program = '', ...rest] = this.#inside(host, argv);
    return spawn(program, rest, { stdio, env: { ...hostEnvironment, TERM: process.env['TERM'] ?? 'dumb' } });
  }

  /** Sets both limits of a host, at once and without a restart; one left out is lifted. */
  async limit(host: string, wanted: HostLimits): Promise<void> {
    using _lock = await acquireLocks(this.#context.names.lock);
    const { names, cgroups } = this.#context;
    const { cpuCores: _cpu, memoryMb: _memory, ...rest } = readRecord(names, host);
    // The kernel may refuse, and then the record must not say otherwise.
    if (leaderOf(cgroups, names, host) !== undefined) cgroups.limit(hostCgroup(names, host), wanted);
    writeRecord(names, { ...rest, ...wanted });
  }

  /** Keeps the host's root as it is now under a label; replaces an earlier one of that label. */
  async snapshot(host: string, label: string): Promise<void> {
    using lock = await acquireLocks(this.#context.names.lock);
    await settleRoot(this.#context, host, lock.execute);
    await takeSnapshot(this.#context.names, host, label, lock.execute);
  }

  /** Does nothing when there is no such snapshot. */
  async discard(host: string, label: string): Promise<void> {
    using lock = await acquireLocks(this.#context.names.lock);
    await discardSnapshot(this.#context.names, host, label, lock.execute);
  }

  /** Where the machine sees the snapshot's root; undefined when there is none. Throws: `host_not_found`. */
  findSnapshot(host: string, label: string): string | undefined {
    return findSnapshot(this.#context.names, host, label)?.root;
  }

  /**
   * Stops the host as a power cut would, gives it the root it had at the snapshot, with the agent's own state of now, and boots it.
   * `inspect` sees that root before it boots. Killed anywhere, the host has the root of before or that of the snapshot; again ends it.
   * Throws: `snapshot_not_found` before anything changes.
   */
  async restore(
    host: string,
    label: string,
    inspect: (root: string) => Promise<void> = async () => undefined,
  ): Promise<LabHost> {
    const { names } = this.#context;
    snapshotNamed(names, host, label);
    // Its record says that it is broken until then, and a quota would outlive the root that it was made for.
    await this.#undoBreakage(host);
    {
      using lock = await acquireLocks(names.lock);
      const { root, image } = snapshotNamed(names, host, label);
      await replaceRoot(this.#context, host, { source: root, image }, lock.execute);
      await inspect(hostRoot(names, host));
    }
    await this.#boot(host);
    return this.host(host);
  }

  /** The same with a fresh root of another image. The first time that an image is used it is built, before anything changes. */
  async deploy(host: string, image: ImageName): Promise<LabHost> {
    const { names } = this.#context;
    readRecord(names, host);
    const source = await this.#base(image);
    requireRoom(names.pool, `deploy ${image} to ${host}`);
    await this.#undoBreakage(host);
    {
      using lock = await acquireLocks(names.lock);
      const { number } = readRecord(names, host);
      const identity = { name: host, number, subnet: knownLabState(names).subnet };
      await replaceRoot(this.#context, host, { source, image, identity }, lock.execute);
    }
    await this.#boot(host);
    return this.host(host);
  }

  /** `off` is a power cut. What a restart mends of `break` is mended. */
  async power(host: string, to: 'on' | 'off' | 'cycle'): Promise<LabHost> {
    const { names, cgroups } = this.#context;
    if (to !== 'on') {
      using _lock = await acquireLocks(names.lock);
      const { brokenBy, ...record } = readRecord(names, host);
      await cgroups.destroy(hostCgroup(names, host));
      writeRecord(names, brokenBy === 'disk-full' ? { ...record, brokenBy } : record);
    }
    if (to !== 'off') await this.#boot(host);
    return this.host(host);
  }

  /** What a host has used of this machine since it was started. Throws: `host_not_found`. */
  usage(host: string): CgroupUsage {
    readRecord(this.#context.names, host);
    return this.#context.cgroups.usage(hostCgroup(this.#context.names, host));
  }

  /** Breaks a host as real ones break; `mend` undoes it. */
  async break(host: string, kind: BreakKind): Promise<void> {
    const { names } = this.#context;
    using lock = await acquireLocks(names.lock, names.pool.lock);
    const { brokenBy, ...record } = readRecord(this.#context.names, host);
    if (brokenBy !== undefined) {
      throw new GuiseError('host_busy', `Cannot break ${host} again: it is broken by ${brokenBy}`);
    }
    writeRecord(this.#context.names, { ...record, brokenBy: kind });
    await breakHost(this.#context, host, kind, lock.execute);
  }

  /** Undoes `break`, and boots the host if it does not run. */
  async mend(host: string): Promise<LabHost> {
    await this.#undoBreakage(host);
    if (this.host(host).leaderPid === undefined) await this.#boot(host);
    return this.host(host);
  }

  /** Removes all that this lab has made; with `purge` the base image too, when no other lab uses it. */
  async down(options: { readonly purge?: boolean } = {}): Promise<void> {
    await bringDown(this.#context, options.purge ?? false);
  }

  async #boot(host: string): Promise<void> {
    while (!(await awaitBoot(this.#context, host, await this.#start(host)))) await eventLoopTurn();
  }

  async #start(host: string): Promise<ChildProcess | undefined> {
    using lock = await acquireLocks(this.#context.names.lock);
    await settleRoot(this.#context, host, lock.execute);
    return await bootHost(this.#context, readRecord(this.#context.names, host));
  }

  async #base(image: ImageName): Promise<string> {
    const { names, cgroups, report } = this.#context;
    using lock = await acquireLocks(names.pool.lock);
    return await ensureBase(image, { pool: names.pool, cgroups, execute: lock.execute, report });
  }

  async #undoBreakage(host: string): Promise<void> {
    const { names } = this.#context;
    using lock = await acquireLocks(names.lock, names.pool.lock);
    const { brokenBy, ...record } = readRecord(this.#context.names, host);
    if (brokenBy !== undefined) await mendHost(this.#context, host, brokenBy, lock.execute);
    writeRecord(this.#context.names, record);
  }

  #inside(host: string, argv: readonly string[]): readonly string[] {
    const { cgroups, names } = this.#context;
    const leader = leaderOf(cgroups, names, host);
    if (leader === undefined)
      throw new GuiseError('host_unavailable', `Cannot run a command in ${host}: it does not run`);
    return launched(cgroups.commandEntrances(hostCgroup(names, host)), enterCommand(leader, argv));
  }

  #describe(state: LabState, record: HostRecord): LabHost {
    const { names, cgroups } = this.#context;
    const { number, made: _, next: _next, snapshots: _snapshots, ...rest } = record;
    const leaderPid = leaderOf(cgroups, names, record.name);
    const running = leaderPid === undefined ? 'stopped' : 'running';
    return {
      ...rest,
      address: addressOf(state.subnet, number),
      status: record.brokenBy === undefined ? running : 'broken',
      ...(leaderPid === undefined ? {} : { leaderPid }),
      root: hostRoot(names, record.name),
    };
  }
}
