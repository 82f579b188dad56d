/**
 * Everything that hosts need before they can boot: the pool, the base image, the network, a record and a root each.
 *
 * Each step is recorded, or follows from the lab's name, before it is taken, and finds its earlier half-done self and goes on.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import { ensureBase } from './base-image.ts';
import type { HostLimits } from './cgroup-layout.ts';
import type { Execute } from './command.ts';
import type { LabContext } from './host-boot.ts';
import { makeHostRoot } from './host-root.ts';
import { defaultImage, type ImageName } from './images.ts';
import { inParallel } from './in-parallel.ts';
import type { HostSpec } from './lab.ts';
import { type HostRecord, knownLabState, type LabState, readLabState, writeLabState } from './lab-state.ts';
import { acquireLocks } from './lock.ts';
import { raiseSettings } from './machine-settings.ts';
import { hostCgroup, hostRoot, labNames } from './names.ts';
import { chooseHostNumber, chooseSubnet, openNetwork, subnetsInUse } from './network.ts';
import { leaderOf } from './nspawn.ts';
import { labsIn, openPool } from './pool.ts';
import { settleRoot } from './replace-root.ts';

/** Afterwards each host of `specs` has a record and a whole root; those that run have their limits. */
export async function prepareHosts(context: LabContext, specs: readonly HostSpec[]): Promise<void> {
  const { names, cgroups } = context;
  using lock = await acquireLocks(names.lock);
  const { state, bases } = await prepareMachine(context, specs);
  writeLabState(names.stateDirectory, specs.reduce(withHost, state));
  for (const { name } of specs) await settleRoot(context, name, lock.execute);
  const planned = knownLabState(names);
  const unmade = specs.filter((spec) => !isMade(context, planned, spec.name));
  await inParallel(unmade, limits.labBootsAtOnce, async (spec) => {
    const { number, image } = recordOf(planned, spec.name);
    const base = bases.get(image)!;
    const agent = spec.agentConfig === undefined ? {} : { agentConfig: spec.agentConfig };
    await makeHostRoot(names, base, { name: spec.name, subnet: planned.subnet, number, ...agent }, lock.execute);
  });
  const hosts = planned.hosts.map((host) =>
    unmade.some((spec) => spec.name === host.name) ? { ...host, made: true } : host,
  );
  writeLabState(names.stateDirectory, { ...planned, hosts });
  for (const spec of specs) {
    if (leaderOf(cgroups, names, spec.name) !== undefined) cgroups.limit(hostCgroup(names, spec.name), spec);
  }
}

interface Prepared {
  readonly state: LabState;
  readonly bases: ReadonlyMap<ImageName, string>;
}

async function prepareMachine(context: LabContext, specs: readonly HostSpec[]): Promise<Prepared> {
  const { names, cgroups, report } = context;
  using lock = await acquireLocks(names.pool.lock);
  const { execute } = lock;
  // Its presence says that this lab exists, so it comes before anything that the last lab's `down` removes.
  mkdirSync(names.stateDirectory, { recursive: true, mode: 0o700 });
  await openPool(names.pool, execute);
  const bases = new Map<ImageName, string>();
  const state = readLabState(names.stateDirectory) ?? { subnet: await freeSubnet(context, execute), hosts: [] };
  for (const image of new Set(specs.map((spec) => imageOf(state, spec))))
    bases.set(image, await ensureBase(image, { pool: names.pool, cgroups, execute, report }));
  writeLabState(names.stateDirectory, state);
  await raiseSettings(names.directory);
  await openNetwork(names, state.subnet, execute);
  return { state, bases };
}

async function freeSubnet({ names }: LabContext, execute: Execute): Promise<number> {
  const ofOthers = labsIn(names.pool).flatMap(
    (name) => readLabState(labNames(names.directory, name).stateDirectory)?.subnet ?? [],
  );
  return chooseSubnet(names.id, new Set([...(await subnetsInUse(execute)), ...ofOthers]));
}

function withHost(state: LabState, spec: HostSpec): LabState {
  const known = state.hosts.find((host) => host.name === spec.name);
  const number = known?.number ?? chooseHostNumber(new Set(state.hosts.map((host) => host.number)));
  // A killed host is about to be booted, which mends it.
  const broken = known?.brokenBy === undefined || known.brokenBy === 'kill' ? {} : { brokenBy: known.brokenBy };
  const record: HostRecord = {
    name: spec.name,
    number,
    image: imageOf(state, spec),
    made: known?.made ?? false,
    ...(known?.next === undefined ? {} : { next: known.next }),
    ...(known?.snapshots === undefined ? {} : { snapshots: known.snapshots }),
    ...limitsOf(spec),
    ...broken,
  };
  return { ...state, hosts: [...state.hosts.filter((host) => host.name !== spec.name), record] };
}

function imageOf({ hosts }: LabState, { name, image }: HostSpec): ImageName {
  const known = hosts.find((host) => host.name === name);
  if (known === undefined || !known.made) return image ?? known?.image ?? defaultImage;
  if (image === undefined || image === known.image) return known.image;
  throw new GuiseError('host_exists', `Cannot make ${name} of ${image}: it is there, and of ${known.image}`);
}

function limitsOf({ cpuCores, memoryMb }: HostLimits): HostLimits {
  return { ...(cpuCores === undefined ? {} : { cpuCores }), ...(memoryMb === undefined ? {} : { memoryMb }) };
}

function isMade({ names }: LabContext, state: LabState, host: string): boolean {
  return recordOf(state, host).made && existsSync(hostRoot(names, host));
}

function recordOf(state: LabState, host: string): HostRecord {
  return state.hosts.find((candidate) => candidate.name === host)!;
}
