/**
 * Mounts, named by mount point.
 *
 * The kernel prints options that nobody asked for and spells sizes its own way, so options are the same when all that was
 * asked for is there and nothing that restricts is there unasked.
 */
import type { Json, MountState } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import { deepestFirst } from './file.ts';
import type { KindRules } from './kind-rules.ts';

const absent: MountState = {
  mounted: false,
  device: null,
  fstype: null,
  options: [],
  persistent: false,
  missing_directories: 0,
};
/** Read by mount(8) and fstab(5) alone, or the kernel's default; never a difference on a live mount. */
const notKernels =
  /^(defaults|rw|relatime|auto|noauto|nofail|_netdev|user|users|nouser|owner|bind|rbind|comment=.*|x-.*)$/;
const restricting = new Set([
  'ro',
  'nosuid',
  'nodev',
  'noexec',
  'noatime',
  'nodiratime',
  'sync',
  'dirsync',
  'nosymfollow',
]);
const kibPerUnit: { readonly [unit: string]: number } = { '': 1 / 1024, k: 1, m: 1024, g: 1024 * 1024 };

export const mount: KindRules = {
  kind: 'mount',
  absent,
  complete: (claimed, baseline) => {
    const state = overlay(absent, claimed, baseline);
    // Mounting makes the directories that miss, so none do afterwards; unmounting leaves as many as the baseline had.
    if (state['mounted']) return { ...state, missing_directories: 0 };
    return state['persistent'] ? state : { ...absent, missing_directories: state['missing_directories'] ?? 0 };
  },
  carried: [],
  sets: ['options'],
  same: (field, live, target) => {
    if (live['mounted'] !== target['mounted']) return false;
    if (field === 'options') return sameOptions(live['options'], target['options']);
    return field === 'fstype' && (target['fstype'] === 'none' || target['fstype'] === 'auto');
  },
  // What is in memory is gone once it is unmounted.
  reversibility: (before, after) => {
    const isInMemory = before['mounted'] === true && (before['fstype'] === 'tmpfs' || before['fstype'] === 'ramfs');
    return isInMemory && (!after['mounted'] || after['fstype'] !== before['fstype']) ? 'irreversible' : 'exact';
  },
  rank: (_before, after) => (after['mounted'] ? ranks.mount : ranks.unmount),
  sortKey: (address, _before, after) => (after['mounted'] ? nameOf(address) : deepestFirst(nameOf(address))),
};

function sameOptions(live: Json | undefined, target: Json | undefined): boolean {
  const have = new Set(kernelOptions(live));
  const want = new Set(kernelOptions(target));
  return (
    [...want].every((option) => have.has(option)) &&
    [...have].every((option) => !restricting.has(option) || want.has(option))
  );
}

function kernelOptions(options: Json | undefined): readonly string[] {
  const texts = Array.isArray(options) ? options.map(String) : [];
  return texts.filter((option) => !notKernels.test(option)).map(inKib);
}

/** `size=64m` → `size=65536k`, as the kernel prints it. */
function inKib(option: string): string {
  const [, amount, unit] = /^size=(\d+)([kmg]?)$/i.exec(option) ?? [];
  const factor = kibPerUnit[(unit ?? '').toLowerCase()];
  return amount === undefined || factor === undefined ? option : `size=${Number(amount) * factor}k`;
}
