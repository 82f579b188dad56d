import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DueWork, type DueWorkParts } from './due-work.ts';

let work: DueWork<string> | undefined;
afterEach(() => work?.stop());

/** What is due is what stands in `due`. */
function taking(due: string[], more: Partial<DueWorkParts<string>> = {}): string[] {
  const taken: string[] = [];
  work = new DueWork({
    atOnce: 2,
    periodMs: 20,
    claim: async (count) => due.splice(0, count),
    nextMs: async () => null,
    take: async (item) => void taken.push(item),
    onFailure: (error) => taken.push(String(error)),
    ...more,
  });
  work.look();
  return taken;
}

describe('what is due', () => {
  it('is taken, all of it, a few at a time', async () => {
    let running = 0;
    let most = 0;
    const take = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(1);
      running -= 1;
    };
    const due = Array.from({ length: 7 }, String);
    taking(due, { take });
    await vi.waitFor(() => expect([due.length, running]).toEqual([0, 0]));
    expect(most).toBe(2);
  });

  it('is taken after a look that failed', async () => {
    const due = ['a'];
    let isAway = true;
    const claim = async (count: number) => {
      if (!isAway) return due.splice(0, count);
      isAway = false;
      throw new Error('away');
    };
    const taken = taking(due, { claim });
    await vi.waitFor(() => expect(taken).toEqual(['Error: away', 'a']));
  });

  it('is taken when its time comes, and when nobody said that it is due', async () => {
    const due: string[] = [];
    const taken = taking(due, { periodMs: 3_600_000, nextMs: async () => 10 });
    await sleep(1);
    due.push('a');
    await vi.waitFor(() => expect(taken).toEqual(['a']));
    await work?.stop();
    const unknown: string[] = [];
    const found = taking(unknown);
    await sleep(1);
    unknown.push('b');
    await vi.waitFor(() => expect(found).toEqual(['b']));
  });

  it('is left when it ends, which what runs is told', async () => {
    const due = ['a', 'b', 'c'];
    const take = () => sleep(3_600_000, undefined, { signal: work!.signal });
    const taken = taking(due, { take });
    await vi.waitFor(() => expect(due).toEqual(['c']));
    await work?.stop();
    expect(due).toEqual(['c']);
    expect(taken).toHaveLength(2);
  });
});
