/**
 * What a lab chose: its subnet, and each host's address and limits. What it created follows from `LabNames` and is found again
 * without this file, so a lost or broken file costs the choices and nothing else.
 *
 * Invariant: the file is whole at every instant (temporary file, fsync, rename) and is written before what it describes is made.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GuiseError, type Json } from '@guise/model';
import type { HostLimits } from './cgroup-layout.ts';
import { writeDurably } from './durable-file.ts';
import { defaultImage, type ImageName, isImageName } from './images.ts';
import type { LabNames } from './names.ts';

export type BreakKind = 'kill' | 'pause' | 'network' | 'disk-full';

export interface HostRecord extends HostLimits {
  readonly name: string;
  /** Last part of the address inside the lab's subnet. */
  readonly number: number;
  /** What its root comes from, or is to come from while it is not made. */
  readonly image: ImageName;
  /** A next root of this image is whole beside it and is to take its place. */
  readonly next?: ImageName;
  /** The image of each snapshot, by its label; written before the snapshot is taken. */
  readonly snapshots?: Readonly<Record<string, ImageName>>;
  /** False until its root is whole; a host that never got there is removed by the next `up`. */
  readonly made: boolean;
  readonly brokenBy?: BreakKind;
}

export interface LabState {
  /** Third part of the subnet 10.81.SUBNET.0/24. */
  readonly subnet: number;
  readonly hosts: readonly HostRecord[];
}

export function readLabState(stateDirectory: string): LabState | undefined {
  try {
    return parseLabState(readFileSync(stateFile(stateDirectory), 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeLabState(stateDirectory: string, state: LabState): void {
  writeDurably(stateFile(stateDirectory), `${JSON.stringify({ version: 1, ...state }, null, 2)}\n`);
}

/** Throws: `host_not_found` when the lab is not up. */
export function knownLabState({ name, stateDirectory }: LabNames): LabState {
  const state = readLabState(stateDirectory);
  if (state !== undefined) return state;
  throw new GuiseError('host_not_found', `Cannot find the lab "${name}": it is not up`);
}

/** Throws: `host_not_found`. */
export function readRecord(names: LabNames, host: string): HostRecord {
  const record = knownLabState(names).hosts.find((candidate) => candidate.name === host);
  if (record !== undefined) return record;
  throw new GuiseError('host_not_found', `Cannot find the host "${host}" in the lab "${names.name}"`);
}

export function writeRecord(names: LabNames, record: HostRecord): void {
  const state = knownLabState(names);
  const hosts = state.hosts.map((candidate) => (candidate.name === record.name ? record : candidate));
  writeLabState(names.stateDirectory, { ...state, hosts });
}

/** Undefined when the text is not a state of this version: discovery then does its work. */
export function parseLabState(text: string): LabState | undefined {
  const value = parseJson(text);
  if (!isRecord(value) || value['version'] !== 1) return undefined;
  const { subnet, hosts } = value;
  if (!isByte(subnet) || !Array.isArray(hosts)) return undefined;
  const records = hosts.map(parseHostRecord);
  return records.every((record) => record !== undefined) ? { subnet, hosts: records } : undefined;
}

function parseHostRecord(value: unknown): HostRecord | undefined {
  if (!isRecord(value)) return undefined;
  // Labs that are older than images had one.
  const { name, number, image = defaultImage, made, cpuCores, memoryMb, next, snapshots, brokenBy } = value;
  if (typeof name !== 'string' || !isByte(number) || typeof made !== 'boolean') return undefined;
  if (!isImageName(image)) return undefined;
  return {
    name,
    number,
    image,
    made,
    ...(typeof cpuCores === 'number' ? { cpuCores } : {}),
    ...(typeof memoryMb === 'number' ? { memoryMb } : {}),
    ...(isImageName(next) ? { next } : {}),
    ...(isRecord(snapshots) && Object.values(snapshots).every(isImageName)
      ? { snapshots: snapshots as Record<string, ImageName> }
      : {}),
    ...(isBreakKind(brokenBy) ? { brokenBy } : {}),
  };
}

function isBreakKind(value: unknown): value is BreakKind {
  return value === 'kill' || value === 'pause' || value === 'network' || value === 'disk-full';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
}

function stateFile(stateDirectory: string): string {
  return join(stateDirectory, 'state.json');
}
