/**
 * Which of the packages that nobody asks for any more must stay, because something that stays depends on them.
 *
 * Of alternatives one that stays anyway is enough; when none does, the first that is there stays.
 */
import { type DpkgPackage, type Installed, versionOf } from './dpkg-status.ts';

export function neededPackages(installed: Installed, leaving: ReadonlySet<string>): ReadonlySet<string> {
  const present = new Map([...installed].filter(([, found]) => versionOf(found) !== null));
  const needed = new Set<string>();
  const isStaying = (name: string): boolean => present.has(name) && (!leaving.has(name) || needed.has(name));
  const queue = [...present.keys()].filter((name) => !leaving.has(name));
  for (const name of queue) {
    for (const alternatives of present.get(name)?.depends ?? []) {
      const candidates = alternatives.flatMap((alternative) => providersOf(alternative, present));
      if (candidates.some(isStaying)) continue;
      const kept = candidates[0];
      if (kept === undefined) continue;
      needed.add(kept);
      queue.push(kept);
    }
  }
  return needed;
}

/** Packages of a set that no other one of the set depends on. */
export function roots(installed: Installed, names: ReadonlySet<string>): ReadonlySet<string> {
  const dependedOn = new Set(
    [...names].flatMap((name) => (installed.get(name)?.depends ?? []).flat().filter((other) => other !== name)),
  );
  return new Set([...names].filter((name) => !dependedOn.has(name)));
}

function providersOf(name: string, present: ReadonlyMap<string, DpkgPackage>): readonly string[] {
  if (present.has(name)) return [name];
  return [...present].filter(([, { provides }]) => provides.includes(name)).map(([provider]) => provider);
}
