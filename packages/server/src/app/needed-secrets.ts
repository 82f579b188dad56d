/**
 * The secrets that the layers of hosts name: which there are, in which version, and which hosts have to do without.
 *
 * A host whose personas name a secret that nobody has set, or that has no key to seal to, is refused whole: half of what is desired is not
 * what is desired. It keeps what it has.
 */
import type { Executor } from '../store/database.ts';
import type { Candidate } from '../store/desired.ts';
import { sealingKeys } from '../store/hosts.ts';
import { currentVersions } from '../store/secrets.ts';
import type { DesiredLayers } from './desired-layers.ts';

export interface NeededSecrets {
  /** Sorted. */
  readonly names: readonly string[];
  /** `name@version` of each, and the key that they are sealed to; null for a host that needs none. */
  readonly versions: string | null;
  /** The host's own, as base64; null when it needs none. */
  readonly sealingKey: string | null;
}

export const noSecrets: NeededSecrets = { names: [], versions: null, sealingKey: null };

export interface HostNeeds {
  readonly hostId: string;
  readonly desired: DesiredLayers;
  readonly candidates: readonly Candidate[];
}

export interface WithSecrets {
  /** Refused when a secret is missing. */
  readonly desired: DesiredLayers;
  readonly needed: NeededSecrets;
}

/** In the order of the hosts. */
export async function withNeededSecrets(tx: Executor, hosts: readonly HostNeeds[]): Promise<readonly WithSecrets[]> {
  const names = hosts.map(namesOf);
  const all = [...new Set(names.flat())];
  if (all.length === 0) return hosts.map(({ desired }) => ({ desired, needed: noSecrets }));
  const versions = await currentVersions(tx, all);
  const needing = hosts.filter((_, index) => (names[index]?.length ?? 0) > 0).map(({ hostId }) => hostId);
  const keys = await sealingKeys(tx, needing);
  return hosts.map(({ hostId, desired }, index) =>
    settle(desired, names[index] ?? [], versions, keys.get(hostId) ?? null),
  );
}

function settle(
  desired: DesiredLayers,
  names: readonly string[],
  versions: ReadonlyMap<string, number>,
  sealingKey: string | null,
): WithSecrets {
  if (names.length === 0) return { desired, needed: noSecrets };
  const missing = names.filter((name) => !versions.has(name));
  const listed = names.map((name) => `${name}@${versions.get(name) ?? 0}`).join(',');
  // What was sealed to an earlier key of this host must be sealed again.
  const needed = { names, versions: `${listed} to ${sealingKey}`, sealingKey };
  if (missing.length > 0) return { desired: refused(`secret_not_found: nobody has set ${list(missing)}`), needed };
  if (sealingKey !== null) return { desired, needed };
  return { desired: refused('secret_unavailable: this host has no key to seal secrets to; enrol it again'), needed };
}

/** Of the layers that won, each by its persona's version. */
function namesOf({ desired, candidates }: HostNeeds): readonly string[] {
  if (desired.type === 'refused') return [];
  const secrets = new Map(
    candidates.map(({ persona_id, version, secrets: names }) => [`${persona_id}@${version}`, names]),
  );
  const names = desired.layers.flatMap(({ persona_id, version }) => secrets.get(`${persona_id}@${version}`) ?? []);
  return [...new Set(names)].sort();
}

function refused(reason: string): DesiredLayers {
  return { type: 'refused', reason };
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return `the secret${names.length === 1 ? '' : 's'} ${shown.join(', ')}${names.length > 5 ? `, and ${names.length - 5} more` : ''}`;
}
