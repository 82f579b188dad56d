/**
 * Numbers for users and groups that come without one.
 *
 * The number follows from the name, so the same personas give the same numbers in whatever order they are activated, and on every
 * host, which lets data move between hosts with its owners. Only when a number is taken is the next free one used, and that can depend on order.
 * Ranges are Debian's for dynamic allocation; the lower part of the ordinary one is left to adduser(8), which counts up from 1000.
 * Source: Debian policy 9.2.2.
 */

import { GuiseError } from '@guise/model';
import { digestOf } from '../../host/index.ts';

const ordinary = { first: 20_000, last: 59_999 };
const system = { first: 100, last: 999 };

/** `taken` grows by the result. Throws: `limit_exceeded` when the whole range is taken. */
export function freeNumber(name: string, isSystem: boolean, taken: Set<number>): number {
  const { first, last } = isSystem ? system : ordinary;
  const size = last - first + 1;
  const start = Number.parseInt(digestOf(Buffer.from(name)).slice('sha256:'.length, 'sha256:'.length + 8), 16) % size;
  for (let step = 0; step < size; step += 1) {
    const number = first + ((start + step) % size);
    if (taken.has(number)) continue;
    taken.add(number);
    return number;
  }
  throw new GuiseError('limit_exceeded', `Cannot number ${JSON.stringify(name)}: all of ${first} to ${last} are taken`);
}
