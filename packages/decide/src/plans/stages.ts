/**
 * Groups changes into stages: by rank, then by kind, each in the order that its kind wants.
 *
 * Shape: n changes → the same n in stages of one rank and one kind; n·log n, whatever order they came in.
 */
import type { Change, Kind, Stage } from '@guise/model';
import { kindOf, kinds, nameOf } from '@guise/model';
import { kindRules } from '../kinds/index.ts';
import { compareText } from '../layers/precedence.ts';
import { ranks } from './ranks.ts';

export function stagesOf(changes: readonly Change[]): readonly Stage[] {
  const under = mountsIn(changes);
  const groups = new Map<number, { readonly rank: number; readonly kind: Kind; readonly keyed: [string, Change][] }>();
  for (const change of changes) {
    const kind = kindOf(change.address);
    const rank = rankOf(kind, change, under);
    const place = rank * kinds.length + kinds.indexOf(kind);
    const group = groups.get(place) ?? { rank, kind, keyed: [] };
    group.keyed.push([sortKeyOf(kind, change), change]);
    groups.set(place, group);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, { rank, kind, keyed }]) => ({
      rank,
      kind,
      changes: keyed.sort(([a], [b]) => compareText(a, b)).map(([, change]) => change),
    }));
}

interface MountPaths {
  /** The mount points that come and all folders above them. */
  readonly coming: ReadonlySet<string>;
  readonly going: ReadonlySet<string>;
}

/** What a mount stands on is there before it and stays until it is gone; what is within it is the other way round. */
function rankOf(kind: Kind, { address, before, after }: Change, { coming, going }: MountPaths): number {
  const rank = kindRules[kind].rank(before, after);
  if (kind !== 'file') return rank;
  if (rank === ranks.file && coming.has(nameOf(address))) return ranks.mountPoint;
  return rank === ranks.removeFile && going.has(nameOf(address)) ? ranks.removeMountPoint : rank;
}

function mountsIn(changes: readonly Change[]): MountPaths {
  const coming = new Set<string>();
  const going = new Set<string>();
  for (const { address, before, after } of changes) {
    if (kindOf(address) !== 'mount' || before['mounted'] === after['mounted']) continue;
    const paths = after['mounted'] ? coming : going;
    for (let path = nameOf(address); path !== '' && !paths.has(path); path = path.slice(0, path.lastIndexOf('/')))
      paths.add(path);
  }
  return { coming, going };
}

function sortKeyOf(kind: Kind, { address, before, after }: Change): string {
  return kindRules[kind].sortKey?.(address, before, after) ?? address;
}
