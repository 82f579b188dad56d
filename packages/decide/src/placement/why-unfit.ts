/** Why something cannot be placed on a host, in words for people; null when it can. */
import { failingTerm, termText } from './label-term.ts';
import { freeOf, type Need, type PlacementHost } from './placement-host.ts';
import type { Room } from './room.ts';

const parts: readonly { readonly part: keyof Room; readonly unit: string; readonly factor: number }[] = [
  { part: 'milliCores', unit: 'cores', factor: 1000 },
  { part: 'memoryMb', unit: 'MiB of memory', factor: 1 },
  { part: 'storageMb', unit: 'GB of storage', factor: 1000 },
];

export function whyUnfit(host: PlacementHost, { room, selector }: Need): string | null {
  const term = failingTerm(host.labels, selector);
  if (term !== null) return `it is not selected by ${termText(term)}`;
  const free = freeOf(host);
  const short = parts.find(({ part }) => room[part] > free[part]);
  if (short === undefined) return null;
  const { part, unit, factor } = short;
  return `it has ${free[part] / factor} ${unit} free, and ${room[part] / factor} are needed`;
}
