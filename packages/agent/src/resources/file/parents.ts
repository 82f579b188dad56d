/**
 * Directories that come and go with the files in them.
 *
 * A missing parent of a wanted file is implied: made with the file, in the plan and in the journal. It stays implied as long as
 * anything below it is wanted, whoever asked first, so the end does not depend on the order of personas. Once nothing is, it goes, unless others
 * have put something into it: a package its configuration, a program its data. Then it is theirs; guise lets go of it and says so.
 *
 * Shape: (wanted, released, live) → the same targets, save for directories that are let go, whose target becomes what they are.
 */
import type { Address, State } from '@guise/model';
import { addressOf, nameOf } from '@guise/model';
import type { Files } from '../../host/index.ts';
import type { Resolution } from '../adapter.ts';

type States = ReadonlyMap<Address, State>;

/** Mode and owner are not said: they are left to whoever made it, should a package or a user bring it in the same plan. */
const someDirectory: State = { type: 'directory', digest: null, target: null };

export function resolveParents(wanted: States, released: States, live: States, files: Files): Resolution {
  const implied = impliedDirectories(wanted, released, files);
  const targets = new Map([...wanted, ...released]);
  const warnings: string[] = [];
  const leaves = leavingTest(new Map([...released, ...wanted]), implied, files);
  for (const [address, target] of released) {
    const now = live.get(address);
    if (implied.has(address) || target['type'] !== 'absent' || now?.['type'] !== 'directory' || leaves(nameOf(address)))
      continue;
    targets.set(address, now);
    warnings.push(`${nameOf(address)} stays: it holds what guise did not put there`);
  }
  return { targets, implied, warnings };
}

function impliedDirectories(wanted: States, released: States, files: Files): Map<Address, State> {
  const implied = new Map<Address, State>();
  const seen = new Set<string>();
  for (const [address, target] of wanted) {
    if (target['type'] === 'absent') continue;
    for (let parent = parentOf(nameOf(address)); parent !== '/' && !seen.has(parent); parent = parentOf(parent)) {
      seen.add(parent);
      const parentAddress = addressOf('file', parent);
      if (wanted.has(parentAddress)) continue;
      const madeByGuise = released.get(parentAddress)?.['type'] === 'absent';
      if (madeByGuise || files.status(parent).type === 'absent') implied.set(parentAddress, someDirectory);
    }
  }
  return implied;
}

/** Whether a path is gone once everything is what it is to be. */
function leavingTest(targets: States, implied: States, files: Files): (path: string) => boolean {
  return function leaves(path: string): boolean {
    const address = addressOf('file', path);
    if (implied.has(address) || targets.get(address)?.['type'] !== 'absent') return false;
    return files.status(path).type !== 'directory' || files.list(path).every((name) => leaves(`${path}/${name}`));
  };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
