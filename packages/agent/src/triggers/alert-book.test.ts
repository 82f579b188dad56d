import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { type Alert, AlertBook } from './alert-book.ts';

const alert = (key: string, message = 'too much'): Alert => ({
  key,
  type: 'threshold',
  severity: 'page',
  instance: 'web',
  message,
});

function openBook() {
  const clock = { ms: Date.parse('2026-11-25T10:00:00Z') };
  const changes = { count: 0 };
  const book = new AlertBook(
    () => clock.ms,
    () => {
      changes.count += 1;
    },
  );
  return { book, clock, changes };
}

describe('an alert', () => {
  it('lasts from its first instant until it is cleared, and is told once more then', () => {
    const { book, clock, changes } = openBook();
    book.raise(alert('a'));
    clock.ms += 60_000;
    book.raise(alert('a', 'far too much'));
    book.raise(alert('a', 'far too much'));
    expect(changes.count).toBe(2);
    expect(book.lasting()).toEqual([
      { ...alert('a', 'far too much'), raised_at: '2026-11-25T10:00:00.000Z', cleared_at: null },
    ]);
    book.clear('a');
    book.clear('a');
    expect(changes.count).toBe(3);
    expect(book.lasting()).toEqual([]);
    const { alerts, told } = book.toTell();
    expect(alerts).toMatchObject([{ key: 'a', cleared_at: '2026-11-25T10:01:00.000Z' }]);
    book.raise(alert('b'));
    expect(book.toTell().alerts.map(({ key }) => key)).toEqual(['a', 'b']);
    told();
    expect(book.toTell().alerts.map(({ key }) => key)).toEqual(['b']);
  });

  it('is one of a bounded number, and the book says when there are more', () => {
    const { book } = openBook();
    const keys = Array.from({ length: limits.alertsPerHost * 2 }, (_, index) => `a${index}`);
    for (const key of keys) book.raise(alert(key));
    expect(book.lasting()).toHaveLength(limits.alertsPerHost / 2 + 1);
    expect(book.lasting().at(-1)?.message).toContain('more than');
    for (const key of keys.slice(0, 100)) book.clear(key);
    for (const key of keys) book.raise(alert(key));
    expect(book.toTell().alerts.length).toBeLessThanOrEqual(limits.alertsPerHost);
    for (const key of keys) book.clear(key);
    expect(book.lasting()).toEqual([]);
    expect(book.toTell().alerts.length).toBeLessThanOrEqual(limits.alertsPerHost);
  });

  it('goes with all of its kind, but for those that stay', () => {
    const { book } = openBook();
    for (const key of ['x:1', 'x:2', 'y:1']) book.raise(alert(key));
    book.clearOthers('x:', (key) => key === 'x:2');
    expect(book.lasting().map(({ key }) => key)).toEqual(['x:2', 'y:1']);
  });
});
