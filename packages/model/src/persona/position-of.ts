import type { Position } from './problem.ts';
import type { Positions } from './resolved.ts';

/** Where a path stands; a path that stands nowhere, such as a missing key's, stands where its parent does. */
export function positionOf(positions: Positions, path: readonly PropertyKey[]): Position {
  for (let length = path.length; length > 0; length -= 1) {
    const key = path.slice(0, length).join('.');
    const position = Object.hasOwn(positions, key) ? positions[key] : undefined;
    if (position !== undefined) return position;
  }
  return [1, 1];
}
