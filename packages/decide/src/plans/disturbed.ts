/** What the host changes by itself when guise changes something else; it has to be written again. */
import type { Address, Change } from '@guise/model';
import { kindOf } from '@guise/model';
import { kindRules } from '../kinds/index.ts';

/** Of `among`, the addresses that are not changed themselves but that a change disturbs, each with the first such change. */
export function disturbed(
  changes: ReadonlyMap<Address, Change>,
  among: Iterable<Address>,
): ReadonlyMap<Address, Address> {
  const patterns = [...changes.keys()].sort().flatMap((cause) => {
    const { kind, disturbs } = kindRules[kindOf(cause)];
    const pattern = disturbs?.(cause) ?? null;
    return pattern === null ? [] : [{ kind, cause, pattern }];
  });
  const causes = new Map<Address, Address>();
  if (patterns.length === 0) return causes;
  for (const address of among) {
    if (changes.has(address)) continue;
    const found = patterns.find(({ kind, pattern }) => kind === kindOf(address) && pattern.test(address));
    if (found !== undefined) causes.set(address, found.cause);
  }
  return causes;
}
