import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { releaseMemoryAtRest } from './release-memory.ts';

const mib = 1024 * 1024;

/** A process whose memory a test sets, and whose collections give back what is above `neededBytes`. */
function fakeProcess() {
  const state = { bytes: 0, neededBytes: 0, collections: 0, due: null as (() => void) | null };
  const stop = releaseMemoryAtRest(
    {
      residentBytes: () => state.bytes,
      collect: () => {
        state.collections += 1;
        state.bytes = state.neededBytes;
      },
    },
    {
      after: (ms, callback) => {
        expect(ms).toBe(limits.restPeriodMs);
        state.due = callback;
        return () => {
          state.due = null;
        };
      },
    },
  );
  const periodWith = (bytes: number, neededBytes: number) => {
    Object.assign(state, { bytes, neededBytes });
    state.due?.();
    return state.collections;
  };
  return { state, stop, periodWith };
}

describe('memory at rest', () => {
  it('is collected after the start and after each growth, and not in between', () => {
    const { periodWith } = fakeProcess();
    expect(periodWith(70 * mib, 58 * mib)).toBe(1);
    expect(periodWith(59 * mib, 58 * mib)).toBe(1);
    expect(periodWith(130 * mib, 60 * mib)).toBe(2);
    expect(periodWith(60 * mib, 60 * mib)).toBe(2);
  });

  it('is not collected again and again when it is needed', () => {
    const { periodWith } = fakeProcess();
    periodWith(58 * mib, 58 * mib);
    expect(periodWith(200 * mib, 200 * mib)).toBe(2);
    expect(periodWith(200 * mib, 200 * mib)).toBe(2);
  });

  it('is measured against the least it has been', () => {
    const { periodWith } = fakeProcess();
    periodWith(200 * mib, 200 * mib);
    expect(periodWith(60 * mib, 60 * mib)).toBe(1);
    expect(periodWith(100 * mib, 60 * mib)).toBe(2);
  });

  it('is left alone after the end', () => {
    const { state, stop } = fakeProcess();
    stop();
    expect(state.due).toBeNull();
  });
});
