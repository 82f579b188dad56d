import { describe, expect, it } from 'vitest';
import { warningsDue } from './while-out.ts';

const [hourMs, tenMs, minuteMs] = [3_600_000, 600_000, 60_000];
const dayMs = 24 * hourMs;

describe('a warning of the end', () => {
  it('is not due while there is time, and is looked for at the next one', () => {
    expect(warningsDue(null, 2 * hourMs, dayMs)).toEqual({ due: false, warnedMs: null, nextMs: hourMs });
  });

  it('is due once for each of an hour, ten minutes and one', () => {
    expect(warningsDue(null, hourMs, dayMs)).toEqual({ due: true, warnedMs: hourMs, nextMs: tenMs });
    expect(warningsDue(hourMs, hourMs - 1, dayMs)).toEqual({ due: false, warnedMs: hourMs, nextMs: tenMs });
    expect(warningsDue(hourMs, tenMs, dayMs)).toEqual({ due: true, warnedMs: tenMs, nextMs: minuteMs });
    expect(warningsDue(tenMs, minuteMs, dayMs)).toEqual({ due: true, warnedMs: minuteMs, nextMs: 0 });
    expect(warningsDue(minuteMs, 1, dayMs)).toEqual({ due: false, warnedMs: minuteMs, nextMs: 0 });
  });

  it('is one when several were missed', () => {
    expect(warningsDue(null, 1, dayMs)).toEqual({ due: true, warnedMs: minuteMs, nextMs: 0 });
  });

  it('is not given of more time than there ever was', () => {
    expect(warningsDue(null, tenMs, tenMs)).toEqual({ due: false, warnedMs: null, nextMs: minuteMs });
  });

  it('comes again after an extension', () => {
    expect(warningsDue(minuteMs, 2 * hourMs, dayMs)).toEqual({ due: false, warnedMs: null, nextMs: hourMs });
    expect(warningsDue(minuteMs, tenMs, dayMs)).toEqual({ due: true, warnedMs: tenMs, nextMs: minuteMs });
  });
});
