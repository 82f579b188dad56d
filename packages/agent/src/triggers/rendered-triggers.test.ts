import { triggersOf } from '@guise/decide/triggers';
import { type LocatedDocument, layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';
import { localZones } from '../host/local-zones.ts';
import { renderedTriggers } from './rendered-triggers.ts';

const facts = { timezone: 'Asia/Tokyo' };

function rendered(schedule: string) {
  const text = `guise: persona/v1\npersona_id: p\nactivation_triggers: {any: [{time_schedule: ${schedule}}]}\nfiles: {/etc/motd: {content: hello}}\n`;
  const layer = layerOf({ own: parseDocument(text, 'p.yaml'), ancestors: [] }, { assignedBy: 'local' });
  return renderedTriggers(null, null).of(layer, facts);
}

/** Every answer of the one schedule, from one to the next. */
async function levels(documents: readonly LocatedDocument[], zones?: typeof localZones) {
  const triggers = await triggersOf(documents, facts, zones);
  if (triggers?.activation.type !== 'any') throw new Error('the tree is an any');
  const [leaf] = triggers.activation.of;
  if (leaf?.type !== 'schedule') throw new Error('the leaf is a schedule');
  const found: unknown[] = [];
  // From before clocks are set forward until after they are set back.
  for (let atMs = Date.parse('2026-03-07T00:00Z'); atMs < Date.parse('2026-04-06T00:00Z'); ) {
    const level = leaf.schedule.levelAt(atMs);
    found.push([atMs, level.active]);
    atMs = level.untilMs;
  }
  return found;
}

describe('rendered triggers', () => {
  it.each([
    '{cron: "30 2 * * *", duration: 1h, zone: Europe/Paris}',
    '{cron: "*/15 1-3 * * *", duration: 7m, zone: America/New_York}',
    '{cron: "*/20 * * * *", duration: 3m, zone: Australia/Lord_Howe}',
    '{cron: "0 8 * * 1-5", duration: 10h}',
    '{windows: [{from: "22:00", to: "02:30"}], zone: Europe/Paris}',
    '{windows: [{from: "01:15", to: "02:15", days: [sat, sun]}], zone: Australia/Lord_Howe}',
  ])('have the same windows without Intl: %s', async (schedule) => {
    const { documents, isChecked } = await rendered(schedule);
    expect(isChecked).toBe(true);
    const expected = await levels(documents);
    expect(expected.length).toBeGreaterThan(5);
    expect(await levels(documents, localZones)).toEqual(expected);
  });

  it('keep the places of triggers and not those of files', async () => {
    const { documents } = await rendered('{cron: "0 8 * * *", duration: 1h}');
    const paths = Object.keys(documents[0]!.positions);
    expect(paths).toContain('activation_triggers.any.0.time_schedule.cron');
    expect(paths.filter((path) => path.startsWith('files'))).toEqual([]);
  });

  it('have what is watched with them: thresholds and goals', async () => {
    const watched = 'monitoring: {metrics: [cpu]}\nperformance_metrics: {cpu: {at_most: 0.8}}\n';
    const own = parseDocument(`guise: persona/v1\npersona_id: p\n${watched}`, 'p.yaml');
    const { documents } = await renderedTriggers(null, null).of(
      layerOf({ own, ancestors: [] }, { assignedBy: 'local' }),
      facts,
    );
    expect(documents[0]!.document).toMatchObject({
      monitoring: { metrics: ['cpu'] },
      performance_metrics: { cpu: { at_most: 0.8 } },
    });
  });

  it('are not called sound when a zone or a pattern is none', async () => {
    expect(await rendered('{cron: "0 8 * * *", duration: 1h, zone: Europe/Pariss}')).toMatchObject({
      isChecked: false,
    });
    expect(await rendered('{cron: "0 8 31 2 *", duration: 1h}')).toMatchObject({ isChecked: false });
  });
});
