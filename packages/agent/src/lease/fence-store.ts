/**
 * The highest fence that this host has seen: whoever comes with a smaller one had the host before somebody else did.
 *
 * Invariants: it only rises, and is on disk before anything is done that came with it, so a host that is killed in between refuses
 * the older holder all the same. A file that cannot be read is not as good as none: older holders would be let in.
 * Throws: `lease_lost` for a smaller one, and then nothing has happened; `journal_failed` when the disk refuses; `journal_corrupt`
 * when what is there cannot be read.
 */
import { GuiseError } from '@guise/model';
import { isThere, readStateFile, writeStateFile } from '../host/state-file.ts';

export class FenceStore {
  readonly #path: string;
  #highest: number;

  constructor(path: string) {
    this.#path = path;
    this.#highest = read(path);
  }

  /** 0 when this host was never leased. */
  get highest(): number {
    return this.#highest;
  }

  /** From now on nothing smaller counts. */
  take(fence: number): void {
    if (fence < this.#highest) {
      throw new GuiseError(
        'lease_lost',
        `Cannot do this for lease ${fence}: the host has been leased anew since, and its lease is ${this.#highest}`,
      );
    }
    if (fence === this.#highest) return;
    try {
      writeStateFile(this.#path, JSON.stringify({ fence }));
    } catch (cause) {
      throw new GuiseError('journal_failed', `Cannot keep the lease of this host in ${this.#path}`, { cause });
    }
    this.#highest = fence;
  }
}

function read(path: string): number {
  if (!isThere(path)) return 0;
  const fence = fenceIn(readStateFile(path) ?? '');
  if (fence !== null) return fence;
  throw new GuiseError(
    'journal_corrupt',
    `Cannot read the lease of this host in ${path}: write {"fence": N} into it, N being that of its last lease`,
  );
}

function fenceIn(text: string): number | null {
  try {
    const { fence } = JSON.parse(text) as { readonly fence?: unknown };
    return Number.isSafeInteger(fence) && Number(fence) >= 0 ? Number(fence) : null;
  } catch {
    return null;
  }
}
