/**
 * Makes package targets exact: one simulated run of apt tells every version and every package that comes along.
 *
 * A package that nobody asks for any more goes back to what it was before guise, unless something that stays needs it: apt is
 * told that exactly those came automatically, and removes what nothing needs. Nothing is spawned when all that is wanted is
 * there; then dpkg's record is enough to tell what is needed.
 * Throws: `document_invalid` for what the sources do not have; `kind_refused` when a package that was here before would have to
 * leave or change its version and could not be fetched again, because that could not be undone.
 */
import { type Address, addressOf, GuiseError, nameOf, type PackageState, type State } from '@guise/model';
import type { ObserveContext, Resolution } from '../adapter.ts';
import { availableVersions, ensureLists, type Simulated, simulate } from './apt.ts';
import { type Installed, readDpkgStatus, versionOf } from './dpkg-status.ts';
import { readFootprints } from './footprint-store.ts';
import { keptArchive } from './kept-archives.ts';
import { neededPackages } from './needed-packages.ts';
import { matchesVersion } from './version-glob.ts';

type Versions = ReadonlyMap<string, string | null>;

export async function resolvePackages(
  wanted: ReadonlyMap<Address, State>,
  released: ReadonlyMap<Address, State>,
  context: ObserveContext,
): Promise<Resolution> {
  const installed = readDpkgStatus(context.host.files);
  const live = (name: string): string | null => versionOf(installed.get(name));
  const asked = versionsOf(wanted);
  const before = versionsOf(released);
  const leaving = new Set(
    [...before].filter(([name, version]) => version === null && live(name) !== null).map(([name]) => name),
  );
  const returning = [...before].filter(([, version]) => version !== null);
  const changes = [...asked, ...returning].flatMap(([name, version]) => changeFor(name, version, live(name), context));
  const outcome: Versions =
    changes.length === 0 ? withoutApt(installed, leaving) : await withApt(changes, leaving, context);
  await refuseIfLost(outcome, installed, context);

  const result = (name: string): string | null => (outcome.has(name) ? (outcome.get(name) ?? null) : live(name));
  for (const [name, version] of asked) refuseIfMissed(name, version, result(name));
  const stateOf = (name: string): [Address, PackageState] => [addressOf('package', name), { version: result(name) }];
  const coming = [...outcome.keys()].filter((name) => !asked.has(name) && !before.has(name));
  // What came along once and is still needed comes along again.
  const needed = [...leaving].filter((name) => result(name) !== null);
  return {
    targets: new Map([...asked.keys(), ...before.keys()].map(stateOf)),
    implied: new Map([...coming, ...needed].map(stateOf)),
  };
}

/** As apt wants to be told: nothing, `name`, `name=version`, `name-` or an archive. */
function changeFor(
  name: string,
  version: string | null,
  live: string | null,
  context: ObserveContext,
): readonly string[] {
  if (version === null) return live === null ? [] : [`${name}-`];
  if (live !== null && matchesVersion(live, version)) return [];
  return [version === '*' ? name : (keptArchive(name, version, context) ?? `${name}=${version}`)];
}

function withoutApt(installed: Installed, leaving: ReadonlySet<string>): Versions {
  if (leaving.size === 0) return new Map();
  const needed = neededPackages(installed, leaving);
  return new Map([...leaving].filter((name) => !needed.has(name)).map((name) => [name, null]));
}

async function withApt(
  changes: readonly string[],
  leaving: ReadonlySet<string>,
  context: ObserveContext,
): Promise<Versions> {
  if (changes.some((change) => !change.endsWith('-'))) await ensureLists(context.host);
  const simulated: Simulated = await simulate(context, changes, leaving);
  return new Map([...[...simulated.removed].map((name) => [name, null] as const), ...simulated.installed]);
}

/** What guise itself installed may go, and what can be fetched again. */
async function refuseIfLost(outcome: Versions, installed: Installed, context: ObserveContext): Promise<void> {
  const ours = new Set(readFootprints(context).flatMap(({ packages }) => packages));
  const lost = [...outcome].flatMap(([name, version]) => {
    const live = versionOf(installed.get(name));
    if (live === null || live === version || ours.has(name) || keptArchive(name, live, context) !== null) return [];
    return [{ name, live, version }];
  });
  const available = await availableVersions(
    context.host,
    lost.map(({ name }) => name),
  );
  const gone = lost.filter(({ name, live }) => !(available.get(name) ?? []).includes(live));
  if (gone.length === 0) return;
  const list = gone
    .map(({ name, live, version }) => `${name} ${live} would ${version === null ? 'leave' : `become ${version}`}`)
    .join(', ');
  throw new GuiseError(
    'kind_refused',
    `Cannot change packages in a way that can be undone: ${list}, and this host's package sources no longer have that version; upgrade or remove it yourself first, and guise will take that as the baseline`,
  );
}

function refuseIfMissed(name: string, wanted: string | null, result: string | null): void {
  if (wanted === null ? result === null : result !== null && matchesVersion(result, wanted)) return;
  const becomes = result === null ? 'would not be installed' : `would be ${result}`;
  throw new GuiseError(
    'document_invalid',
    `Cannot have the package ${name} as ${wanted ?? 'absent'}: together with the other packages it ${becomes}`,
  );
}

function versionsOf(states: ReadonlyMap<Address, State>): Versions {
  return new Map([...states].map(([address, state]) => [nameOf(address), (state as PackageState).version]));
}
