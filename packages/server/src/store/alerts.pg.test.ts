import type { AlertReport } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { countActiveAlerts, listAlerts, writeAlerts } from './alerts.ts';
import { TestDatabase } from './test-database.ts';

const test = new TestDatabase();
beforeAll(async () => {
  await test.start();
  await sql`insert into hosts (host_id) values ('h1'), ('h2')`.execute(test.database);
});
afterAll(() => test.stop());
beforeEach(async () => {
  await sql`delete from alerts`.execute(test.database);
});

const at = (minute: number) => `2026-11-25T10:${String(minute).padStart(2, '0')}:00.000Z`;

function alert(key: string, over: Partial<AlertReport> = {}): AlertReport {
  return {
    key,
    type: 'threshold',
    severity: 'page',
    instance: 'web',
    message: 'too much',
    raised_at: at(0),
    cleared_at: null,
    ...over,
  };
}

const turnsOf = async (hostId: string, ...reports: AlertReport[][]) =>
  (await writeAlerts(test.database, new Map([[hostId, reports]]))).map(
    ({ turn, news }) => `${news.subject.slice(hostId.length + 1)} ${turn}`,
  );
const page = { limit: 10 };

it('an alert is raised once and cleared once, however often it is told', async () => {
  expect(await turnsOf('h1', [alert('cpu'), alert('disk')])).toEqual(['cpu raised', 'disk raised']);
  expect(await turnsOf('h1', [alert('cpu'), alert('disk')])).toEqual([]);
  expect(await turnsOf('h1', [alert('cpu', { cleared_at: at(5) }), alert('disk')])).toEqual(['cpu cleared']);
  expect(await turnsOf('h1', [alert('cpu', { cleared_at: at(5) }), alert('disk')])).toEqual([]);
  expect(await turnsOf('h1', [alert('cpu'), alert('disk')])).toEqual([]);
  const { items } = await listAlerts(test.database, { ...page, active: false });
  expect(items).toMatchObject([{ host_id: 'h1', key: 'cpu', raised_at: at(0), cleared_at: at(5) }]);
});

it('its next time is another alert', async () => {
  await turnsOf('h1', [alert('cpu', { cleared_at: at(5) })]);
  expect(await turnsOf('h1', [alert('cpu', { raised_at: at(9) })])).toEqual(['cpu raised']);
  expect((await listAlerts(test.database, page)).items.map(({ raised_at }) => raised_at)).toEqual([at(9), at(0)]);
});

it('one that a host knows no more of is over, on that host alone', async () => {
  await turnsOf('h1', [alert('cpu'), alert('disk')]);
  await turnsOf('h2', [alert('cpu')]);
  expect(await turnsOf('h1', [alert('disk')])).toEqual(['cpu cleared']);
  expect(await turnsOf('h1', [])).toEqual(['disk cleared']);
  const lasting = await listAlerts(test.database, { ...page, active: true });
  expect(lasting.items.map(({ host_id, key }) => [host_id, key])).toEqual([['h2', 'cpu']]);
});

it('several reports at once come to the same as one after the other', async () => {
  const reports = [
    [alert('cpu'), alert('disk'), alert('net')],
    [alert('cpu', { cleared_at: at(1) }), alert('disk')],
    [alert('disk', { message: 'even more' })],
  ];
  expect(await turnsOf('h1', ...reports)).toEqual([
    'cpu raised',
    'cpu cleared',
    'disk raised',
    'net raised',
    'net cleared',
  ]);
  for (const report of reports) await turnsOf('h2', report);
  const shown = async (host_id: 'h1' | 'h2') =>
    (await listAlerts(test.database, { ...page, host_id: host_id as never })).items
      .map(({ key, message, cleared_at }) => `${key}: ${message}, ${cleared_at === null ? 'lasts' : 'over'}`)
      .sort();
  expect(await shown('h1')).toEqual(await shown('h2'));
  expect(await shown('h1')).toContain('disk: even more, lasts');
});

it('of a host that is not there is passed over', async () => {
  expect(await turnsOf('gone', [alert('cpu')])).toEqual([]);
});

it('are kept in a bounded number, those that last in any case', async () => {
  await turnsOf('h1', [alert('lasting')]);
  const over = Array.from({ length: limits.alertsKeptPerHost }, (_, index) =>
    alert(`over-${index}`, { cleared_at: at(1) }),
  );
  await turnsOf('h1', [alert('lasting'), ...over]);
  const { rows } = await sql<{ count: number }>`select count(*)::integer from alerts`.execute(test.database);
  expect(rows[0]?.count).toBe(limits.alertsKeptPerHost + 1);
  await turnsOf('h1', [alert('lasting'), alert('new', { cleared_at: at(2) })]);
  const { items } = await listAlerts(test.database, { limit: limits.alertsKeptPerHost + 10 });
  expect(items).toHaveLength(limits.alertsKeptPerHost + 1);
  expect(items.at(-1)?.key).toBe('lasting');
  expect(await countActiveAlerts(test.database)).toEqual([{ type: 'threshold', severity: 'page', alerts: 1 }]);
});
