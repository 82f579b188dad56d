import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, Digest, Layer, Plan, State } from '@guise/model';
import { GuiseError } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AfterCommit, Recording } from './journal.ts';
import { Journal } from './journal.ts';
import { withMachineLock } from './machine-lock.ts';

const hosts: Address = 'file:/etc/hosts';
const content = new TextEncoder().encode('127.0.0.1 localhost\n');
const digest = `sha256:${'a'.repeat(64)}` as Digest;
const before: State = { type: 'file', digest, mode: '0644' };
const layer: Layer = {
  instance: 'web',
  persona_id: 'web',
  version: 1,
  priority: 50,
  parameters: {},
  assigned_by: 'local',
  persona: {
    own: { file: 'web.yaml', document: { guise: 'persona/v1', persona_id: 'web' }, positions: {} },
    ancestors: [],
  },
};
const plan: Plan = { hash: digest, layersBefore: [], layersAfter: [], stages: [], conflicts: [], warnings: [] };
const afterCommit: AfterCommit = {
  baselines: [[hosts, before]],
  released: [],
  managed: [[hosts, { ...before, mode: '0600' }]],
  provided: [],
};
const ending = { finishedAt: '2026-01-01T00:00:01Z', timingsMs: {}, error: null };

function recording(id: string): Recording {
  return {
    id,
    plan,
    layersBefore: [],
    layersAfter: [layer],
    blobs: new Map([[digest, content]]),
    startedAt: '2026-01-01T00:00:00Z',
  };
}

describe('Journal', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'guise-journal-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const open = (point: (name: string) => void = () => {}): Journal =>
    new Journal({ path: join(directory, 'guise.db'), point });

  it('gives an unfinished transaction back with its pre-images', () => {
    const journal = open();
    journal.record(recording('t1'));
    journal.close();
    const next = open();
    expect(next.open()).toMatchObject({ id: 't1', status: 'acting', servicesBegun: false });
    expect(next.blob(digest)).toEqual(content);
    expect(next.activeLayers()).toEqual([]);
    next.close();
  });

  it('has the new layers, baselines and managed states once committed, and keeps the content that a baseline needs', () => {
    const journal = open();
    journal.record(recording('t1'));
    journal.servicesBegun('t1');
    journal.commit('t1', afterCommit, new Map(), ending);
    expect(journal.open()).toBeNull();
    expect(journal.activeLayers()).toEqual([layer]);
    expect(journal.baselines().get(hosts)).toEqual(before);
    expect(journal.managed().get(hosts)).toEqual({ ...before, mode: '0600' });
    expect(journal.blob(digest)).toEqual(content);
    expect(journal.report('t1')).toMatchObject({ status: 'committed', finished_at: ending.finishedAt });
    journal.close();
  });

  it('captures a baseline once, and forgets it with its content when the address is released', () => {
    const journal = open();
    journal.record(recording('t1'));
    journal.commit('t1', afterCommit, new Map(), ending);
    journal.record(recording('t2'));
    journal.commit('t2', { ...afterCommit, baselines: [[hosts, { ...before, mode: '0777' }]] }, new Map(), ending);
    expect(journal.baselines().get(hosts)).toEqual(before);
    journal.record({ ...recording('t3'), layersAfter: [] });
    journal.commit('t3', { baselines: [], released: [hosts], managed: [], provided: [] }, new Map(), ending);
    expect(journal.baselines().size).toBe(0);
    expect(journal.managed().size).toBe(0);
    expect(journal.blob(digest)).toBeNull();
    journal.close();
  });

  it('changes nothing but its own record when a transaction is rolled back', () => {
    const journal = open();
    journal.record(recording('t1'));
    journal.status('t1', 'undoing');
    journal.rolledBack('t1', { ...ending, error: { code: 'health_failed', message: 'no', problems: [] } });
    expect(journal.open()).toBeNull();
    expect(journal.baselines().size).toBe(0);
    expect(journal.blob(digest)).toBeNull();
    expect(journal.history()[0]).toMatchObject({ status: 'rolled_back', error: { code: 'health_failed' } });
    journal.close();
  });

  it('is whole at every length at which its log may be cut, and never both or neither', () => {
    const cuts = { record: 0, commit: 0 };
    const lengths: { [instant: string]: number } = {};
    const journal = open((name) => {
      const wal = join(directory, 'guise.db-wal');
      lengths[name] = existsSync(wal) ? statSync(wal).size : 0;
    });
    journal.record(recording('t1'));
    const recorded = keptCopy('recorded');
    journal.commit('t1', afterCommit, new Map(), ending);
    const committed = keptCopy('committed');
    journal.close();

    for (const size of lengthsBetween(lengths['journal.record.before'] ?? 0, lengths['journal.record.after'] ?? 0)) {
      const cut = cutAt(recorded, size);
      const isWhole = size === lengths['journal.record.after'];
      expect([size, cut.open()?.id ?? null, cut.blob(digest)?.length ?? null]).toEqual([
        size,
        isWhole ? 't1' : null,
        isWhole ? content.length : null,
      ]);
      cut.close();
      cuts.record += 1;
    }
    for (const size of lengthsBetween(lengths['journal.commit.before'] ?? 0, lengths['journal.commit.after'] ?? 0)) {
      const cut = cutAt(committed, size);
      const isWhole = size === lengths['journal.commit.after'];
      expect([size, cut.open()?.id ?? null, cut.activeLayers().length, cut.baselines().size]).toEqual([
        size,
        isWhole ? null : 't1',
        isWhole ? 1 : 0,
        isWhole ? 1 : 0,
      ]);
      cut.close();
      cuts.commit += 1;
    }
    console.log(`the journal was cut at ${cuts.record} lengths of its record and ${cuts.commit} of its commit`);
    expect(cuts.record).toBeGreaterThan(100);
    expect(cuts.commit).toBeGreaterThan(100);

    function keptCopy(name: string): string {
      const copy = join(directory, name);
      copyFileSync(join(directory, 'guise.db'), copy);
      copyFileSync(join(directory, 'guise.db-wal'), `${copy}-wal`);
      return copy;
    }
    function cutAt(copy: string, size: number): Journal {
      const path = join(directory, 'cut.db');
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      copyFileSync(copy, path);
      copyFileSync(`${copy}-wal`, `${path}-wal`);
      truncateSync(`${path}-wal`, size);
      return new Journal({ path, point: () => {} });
    }
  });

  it('says what is wrong with a file that is no journal, and with a disk that refuses', () => {
    copyFileSync(import.meta.filename, join(directory, 'guise.db'));
    expect(() => open()).toThrow(expect.objectContaining({ code: 'journal_corrupt' }) as GuiseError);
    expect(() => new Journal({ path: join(directory, 'missing', 'guise.db'), point: () => {} })).toThrow(GuiseError);
  });
});

describe('withMachineLock', () => {
  it('lets one in at a time, and the next in when the first has failed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'guise-lock-'));
    const path = join(directory, 'lock.db');
    let inside = 0;
    const visit = () =>
      withMachineLock(path, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inside -= 1;
      });
    const failing = withMachineLock(path, () => Promise.reject(new Error('as asked')));
    await expect(failing).rejects.toThrow('as asked');
    await Promise.all([visit(), visit(), visit()]);
    rmSync(directory, { recursive: true });
  });
});

/** Each end of a frame and its neighbours, and every 61st byte between. */
function lengthsBetween(from: number, to: number): readonly number[] {
  const frameBytes = 4096 + 24;
  const lengths = new Set<number>([from, to]);
  for (let size = from; size <= to; size += 61) lengths.add(size);
  for (let end = 32; end <= to; end += frameBytes)
    for (const size of [end - 1, end, end + 1]) if (size >= from && size <= to) lengths.add(size);
  return [...lengths].sort((a, b) => a - b);
}
