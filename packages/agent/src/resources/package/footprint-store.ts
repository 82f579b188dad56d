/**
 * Footprints on disk: what each run of apt did to the host beyond what dpkg itself takes away again.
 *
 * `open.json` holds the host as it was before a run, durable before that run begins, so that also what a killed run did can be
 * told. When the run ends it becomes `ID.json`, which lives until the last of its packages has left.
 */
import type { ObserveContext } from '../adapter.ts';
import { dpkgStatusDigest } from './dpkg-status.ts';
import type { Entry, Manifest } from './manifest.ts';

/** Something that was there before and that the run changed or took away. */
export interface AlteredFile {
  readonly path: string;
  readonly before: Entry;
  /** Base64; null when it was no file, or too large to keep. */
  readonly content: string | null;
  /** Null when the run took it away. */
  readonly after: Entry | null;
}

/** A line of passwd(5) or one of its siblings, by the name that it begins with. */
export interface AlteredLine {
  readonly path: string;
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Owned {
  /** Packages of the run whose scripts did it, none for all; it is reverted when none of them is left. */
  readonly owners: readonly string[];
}

export interface Footprint {
  readonly id: string;
  /** Packages that came with the run. */
  readonly packages: readonly string[];
  /** Packages that were removed but not purged before the run: they are not purged when they leave. */
  readonly configured: readonly string[];
  readonly created: readonly ({ readonly path: string } & Owned)[];
  readonly altered: readonly (AlteredFile & Owned)[];
  readonly lines: readonly (AlteredLine & Owned)[];
}

export interface OpenFootprint {
  readonly id: string;
  /** Digest of dpkg's record when it was opened: unchanged means that no run began. */
  readonly dpkgStatus: string;
  readonly packages: readonly string[];
  readonly configured: readonly string[];
  readonly manifest: Manifest;
}

const openName = 'open.json';

export function readFootprints({ host, stateDirectory }: ObserveContext): readonly Footprint[] {
  const directory = directoryOf(stateDirectory);
  return host.files
    .list(directory)
    .filter((name) => name.endsWith('.json') && name !== openName)
    .map((name) => JSON.parse(host.files.readText(`${directory}/${name}`) ?? '') as Footprint);
}

export function writeFootprint(footprint: Footprint, context: ObserveContext): void {
  write(`${footprint.id}.json`, footprint, context);
}

export function removeFootprint({ id }: Footprint, { host, stateDirectory }: ObserveContext): void {
  host.files.remove(`${directoryOf(stateDirectory)}/${id}.json`);
}

export function readOpenFootprint({ host, stateDirectory }: ObserveContext): OpenFootprint | null {
  const text = host.files.readText(`${directoryOf(stateDirectory)}/${openName}`);
  if (text === null) return null;
  const { manifest, ...rest } = JSON.parse(text) as StoredOpenFootprint;
  const contents = new Map(manifest.contents.map(([path, content]) => [path, Buffer.from(content, 'base64')]));
  return { ...rest, manifest: { entries: new Map(manifest.entries), contents } };
}

/** The open footprint of a run that has changed something; one of a run that was killed before that is worth nothing. */
export function begunFootprint(context: ObserveContext): OpenFootprint | null {
  const open = readOpenFootprint(context);
  return open === null || open.dpkgStatus === dpkgStatusDigest(context.host.files) ? null : open;
}

/** Durable when it resolves. */
export async function writeOpenFootprint({ manifest, ...rest }: OpenFootprint, context: ObserveContext): Promise<void> {
  const contents = [...manifest.contents].map(
    ([path, bytes]) => [path, Buffer.from(bytes).toString('base64')] as const,
  );
  const stored: StoredOpenFootprint = { ...rest, manifest: { entries: [...manifest.entries], contents } };
  write(openName, stored, context);
  await context.host.files.sync();
}

export function removeOpenFootprint({ host, stateDirectory }: ObserveContext): void {
  host.files.remove(`${directoryOf(stateDirectory)}/${openName}`);
}

interface StoredOpenFootprint extends Omit<OpenFootprint, 'manifest'> {
  readonly manifest: {
    readonly entries: readonly (readonly [string, Entry])[];
    readonly contents: readonly (readonly [string, string])[];
  };
}

function write(name: string, value: Footprint | StoredOpenFootprint, { host, stateDirectory }: ObserveContext): void {
  const directory = directoryOf(stateDirectory);
  host.files.makeDirectory(directory, '0700', 0, 0);
  host.files.write({
    path: `${directory}/${name}`,
    content: new TextEncoder().encode(JSON.stringify(value)),
    mode: '0600',
    uid: 0,
    gid: 0,
  });
}

function directoryOf(stateDirectory: string): string {
  return `${stateDirectory}/footprints`;
}
