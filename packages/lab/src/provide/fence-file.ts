/**
 * The highest fence that a lab has seen of a host, on its disk: who comes with a smaller one had the host before somebody else did.
 *
 * Invariant: it is durable before anything is done in its name, and only ever rises.
 * Expects the caller to hold the host's turn. Throws: `lease_lost`; `lab_failed` when the file holds something else, since taking that
 * for none would let a former holder act again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import { writeDurably } from '../durable-file.ts';

export function admitFence(path: string, host: string, fence: bigint): void {
  const highest = readFence(path);
  if (fence < highest) {
    throw new GuiseError(
      'lease_lost',
      `Cannot act on ${host} with the fence ${fence}: it is leased anew, with the fence ${highest}`,
    );
  }
  if (fence > highest) writeDurably(path, `${fence}\n`);
}

function readFence(path: string): bigint {
  if (!existsSync(path)) return 0n;
  const text = readFileSync(path, 'utf8').trim();
  if (/^\d+$/.test(text)) return BigInt(text);
  throw new GuiseError('lab_failed', `Cannot read the fence in ${path}: it is no number`);
}
