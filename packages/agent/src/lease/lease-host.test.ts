/** What a lease does to a host, with the real engine on an offline tree. With real systemd and btrfs: tests/host/agent-provider.test.ts. */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerTo } from '@guise/api';
import { layerOf, limits, parseHostId } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineHere } from '../engine-here.ts';
import { localHost } from '../host/local-host.ts';
import { desiredOf, markingLayer, TestHost } from '../triggers/test-host.ts';
import { HostTrust } from '../trust/host-trust.ts';
import { TrustStore } from '../trust/trust-store.ts';
import { leaseHere } from './lease-here.ts';
import type { LeaseHost } from './lease-host.ts';
import { finishRevert } from './revert-host.ts';
import { SnapshotStore } from './snapshot-store.ts';

let host: TestHost;
beforeEach(async () => {
  host = new TestHost();
  await host.conductor.start();
});
afterEach(() => host.remove());

/** Of the control plane. */
const assigned = (id: string, more = '') => markingLayer(id, more, { assignedBy: 'host:h1 by admin' });
const label = 'co-0123456789ab';
const inTree = (path: string) => join(host.root, path);
const stateDirectory = () => inTree('state');

function parts() {
  const { engine, conductor } = host;
  const { nowMs } = host.clock;
  const trust = new HostTrust({
    store: new TrustStore(join(stateDirectory(), 'trust.json')),
    hostId: parseHostId('h1'),
    nowMs,
  });
  return {
    engine,
    conductor,
    trust,
    host: localHost(host),
    snapshots: new SnapshotStore(stateDirectory()),
    stateDirectory: stateDirectory(),
    directories: ['/srv'],
    nowMs,
  };
}

const lease = (): LeaseHost => leaseHere(parts());
const snapshot = async (fence = 1) => (await lease().answer({ ask: 'snapshot', fence, label })) as AnswerTo<'snapshot'>;
const revert = async (fence = 1) => (await lease().answer({ ask: 'revert', fence, label })) as AnswerTo<'revert'>;
const finish = () => finishRevert(parts(), (line) => host.reports.push(line));

/** What a lease does to a host: other personas, of which one writes where another wrote. */
async function borrow(): Promise<void> {
  const other = assigned('other', 'priority: 90\n');
  host.conductor.follow(desiredOf(2, other, assigned('further')));
  await host.marksAre('further', 'other');
  await host.settled();
}

describe('a revert', () => {
  beforeEach(async () => {
    host.conductor.follow(desiredOf(1, assigned('web'), assigned('base')));
    await host.marksAre('base', 'web');
  });

  it('makes a host what it was, and the fingerprint tells', async () => {
    const before = await snapshot();
    await borrow();
    const after = await revert();
    expect(host.marks()).toEqual(['base', 'web']);
    expect(after).toEqual({ ...before, differing: [], differing_count: 0 });
    // Until the control plane desires something else.
    await host.clock.advance(60_000);
    await host.settled();
    expect(host.marks()).toEqual(['base', 'web']);
    host.conductor.follow(desiredOf(3, assigned('next')));
    await host.marksAre('next');
  });

  it('names what somebody changed by hand, and the fingerprint is another', async () => {
    writeFileSync(inTree('etc/hosts'), '127.0.0.1 localhost\n');
    mkdirSync(inTree('srv'));
    const before = await snapshot();
    await borrow();
    writeFileSync(inTree('etc/hosts'), '10.0.0.1 elsewhere\n');
    writeFileSync(inTree('srv/left-behind'), '');
    symlinkSync('/bin/sh', inTree('etc/link'));
    chmodSync(inTree('etc/passwd'), 0o666);
    writeFileSync(inTree('etc/group'), 'root:x:0:\nwheel:x:10:\n');
    const after = await revert();
    expect(after.differing).toEqual([
      'users /etc/group wheel',
      'users /etc/passwd',
      'files /etc/hosts',
      'files /etc/link',
      'files /srv/left-behind',
    ]);
    expect(after.differing_count).toBe(5);
    const isSame = (part: string) => after.parts[part] === before.parts[part];
    expect(Object.keys(before.parts).filter((part) => !isSame(part))).toEqual(['users', 'files']);
    expect(after.digest).not.toBe(before.digest);
  });

  it('sees what was changed where a persona wrote meanwhile, also outside of what is looked at', async () => {
    await snapshot();
    await borrow();
    rmSync(inTree('marks/other'));
    expect((await revert()).differing).toEqual([]);
    writeFileSync(inTree('marks/other'), 'by hand');
    expect((await revert()).differing).toEqual(['managed file:/marks/other']);
  });

  it('does not mind when a password was last changed, nor what changes by itself', async () => {
    writeFileSync(inTree('etc/shadow'), 'root:*:19000:0:99999:7:::\n');
    const before = await snapshot();
    writeFileSync(inTree('etc/shadow'), 'root:*:20000:0:99999:7:::\n');
    writeFileSync(inTree('etc/resolv.conf'), 'nameserver 192.0.2.1\n');
    expect((await revert()).digest).toBe(before.digest);
    writeFileSync(inTree('etc/shadow'), 'root::20000:0:99999:7:::\n');
    expect((await revert()).differing).toEqual(['users /etc/shadow root']);
  });

  it('brings back what a trigger had activated and would not now, and then lets triggers decide again', async () => {
    const onAlarm = 'activation_triggers: {external_event_subscriptions: {type: alarm, for: 1m}}\n';
    host.conductor.follow(desiredOf(2, assigned('web'), assigned('burst', onAlarm)));
    await host.marksAre('web');
    host.conductor.event({ specversion: '1.0', id: '1', source: '/test', type: 'alarm' });
    await host.clock.advance(1_000);
    await host.marksAre('burst', 'web');
    const before = await snapshot();
    host.conductor.follow(desiredOf(3, assigned('other')));
    await host.marksAre('other');
    await host.clock.advance(120_000);
    expect((await revert()).digest).toBe(before.digest);
    await host.marksAre('web');
  });

  it('forgets holds and declarations that the holder of the lease made', async () => {
    await snapshot();
    await borrow();
    const until = new Date(host.clock.nowMs() + 3_600_000).toISOString();
    const from = new Date(host.clock.nowMs()).toISOString();
    host.conductor.holdByOrder({
      id: 'h',
      instance: 'other',
      effect: 'inactive',
      reason: 'x',
      owner: 'x',
      from,
      until,
    });
    await host.marksAre('further');
    await host.conductor.declareAlso(markingLayer('local'));
    await revert();
    expect(host.conductor.holds()).toEqual([]);
    host.conductor.follow(desiredOf(3, assigned('web'), assigned('base')));
    await host.settled();
    expect(host.marks()).toEqual(['base', 'web']);
  });

  it('of something that is not there is refused, and changes nothing', async () => {
    await borrow();
    await expect(revert()).rejects.toMatchObject({ code: 'snapshot_not_found' });
    expect(host.marks()).toEqual(['further', 'other']);
  });

  it('of a snapshot whose files somebody removed is refused before anything begins', async () => {
    await snapshot();
    const store = new SnapshotStore(stateDirectory());
    store.keep({ ...store.get(label), running: ['ssh.service'] });
    await borrow();
    await expect(revert()).rejects.toMatchObject({ code: 'snapshot_not_found' });
    expect(store.reverting).toBeNull();
    expect(host.marks()).toEqual(['further', 'other']);
  });

  it('of a record that somebody emptied is refused, and secrets of the others are still found', async () => {
    await snapshot();
    const text = JSON.stringify({ label, host: { fingerprint: { digest: 'sha256:0' } } });
    writeFileSync(join(stateDirectory(), 'snapshots', `${label}.json`), text);
    await expect(revert()).rejects.toMatchObject({ code: 'snapshot_not_found' });
    expect(new SnapshotStore(stateDirectory()).layers()).toEqual([]);
  });

  it('that an older lease did not finish is not finished under a newer one, wherever the agent is killed', async () => {
    await snapshot();
    const store = new SnapshotStore(stateDirectory());
    store.beginRevert(label);
    // The fence cannot be kept: as far as a kill before that goes.
    mkdirSync(join(stateDirectory(), 'lease.json.new', 'in-the-way'), { recursive: true });
    await expect(lease().answer({ ask: 'lease', fence: 2 })).rejects.toMatchObject({ code: 'journal_failed' });
    expect(store.reverting).toBeNull();
  });

  it('by another lease than that of the snapshot takes what any way back takes', async () => {
    await snapshot(1);
    await borrow();
    // This host has not enrolled, so it believes no permission.
    await expect(revert(2)).rejects.toMatchObject({ code: 'root_refused' });
    expect(host.marks()).toEqual(['further', 'other']);
  });

  it.each(['before', 'after'] as const)('killed %s any of its writes is all or nothing, and finishes', async (when) => {
    const seen = new Set<string>();
    for (let nth = 1; nth <= 6; nth++) {
      const fence = nth;
      host.conductor.follow(desiredOf(10 * nth, assigned('web'), assigned('base')));
      await host.marksAre('base', 'web');
      await lease().answer({ ask: 'discard', fence, label });
      const before = await snapshot(fence);
      host.conductor.follow(desiredOf(10 * nth + 1, assigned('other')));
      await host.marksAre('other');
      await host.settled();
      host.dieAt(nth, when);
      await revert(fence).catch(() => undefined);
      host.revive();
      await finish();
      await host.conductor.start();
      await host.settled();
      const marks = host.marks().join();
      seen.add(marks);
      expect(['base,web', 'other']).toContain(marks);
      expect((await revert(fence)).digest).toBe(before.digest);
      expect(host.marks()).toEqual(['base', 'web']);
    }
    expect(seen).toContain('base,web');
  });
});

describe('orders', () => {
  it('of an older lease do nothing', async () => {
    await lease().answer({ ask: 'lease', fence: 5 });
    for (const ask of ['snapshot', 'revert', 'discard'] as const)
      await expect(lease().answer({ ask, fence: 4, label })).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(lease().answer({ ask: 'tests', fence: 4, instances: [] })).rejects.toMatchObject({
      code: 'lease_lost',
    });
    await expect(lease().answer({ ask: 'lease', fence: 4 })).rejects.toMatchObject({ code: 'lease_lost' });
    expect(new SnapshotStore(stateDirectory()).find(label)).toBeNull();
    expect(await lease().answer({ ask: 'lease', fence: 5 })).toEqual({ fence: 5 });
  });

  it('may come twice', async () => {
    const before = await snapshot();
    writeFileSync(inTree('etc/hosts'), 'changed\n');
    expect(await snapshot()).toEqual(before);
    expect(await lease().answer({ ask: 'discard', fence: 1, label })).toEqual({ discarded: true });
    expect(await lease().answer({ ask: 'discard', fence: 1, label })).toEqual({ discarded: false });
  });

  it('leave room: there are only so many snapshots', async () => {
    for (let count = 0; count < limits.snapshotsPerHost; count++)
      await lease().answer({ ask: 'snapshot', fence: 1, label: `s${count}` });
    await expect(snapshot()).rejects.toMatchObject({ code: 'limit_exceeded' });
    await lease().answer({ ask: 'discard', fence: 1, label: 's0' });
    await snapshot();
  });

  it('say what can be done here: an offline tree has no snapshots of its files', async () => {
    expect(await lease().answer({ ask: 'capabilities' })).toEqual({ can: ['snapshot', 'revert'], reverts: 'managed' });
  });

  it('keep what is in a snapshot from everybody but root', async () => {
    await snapshot();
    const text = readFileSync(join(stateDirectory(), 'snapshots', `${label}.json`), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ label, fence: 1, running: null });
  });

  it.each([
    ['a revert', (own: LeaseHost) => own.answer({ ask: 'revert', fence: 1, label })],
    ['a newer lease', (own: LeaseHost) => own.answer({ ask: 'lease', fence: 2 })],
  ])('of tests end when %s comes', async (_, come) => {
    await snapshot();
    // Where programs run, and with nothing to change.
    const directory = join(stateDirectory(), 'live');
    const engine = engineHere({ root: '/', stateDirectory: directory });
    const slow = join(directory, 'slow');
    const script = `if [ -e ${slow} ]; then sleep 60; fi`;
    await engine.apply([markingTests('web', script)]);
    writeFileSync(slow, '');
    const own = leaseHere({ ...parts(), engine });
    const running = own.answer({ ask: 'tests', fence: 1, instances: ['web'] });
    running.catch(() => undefined);
    await come(own);
    await expect(running).rejects.toMatchObject({ code: 'lease_lost' });
    engine.close();
  });
});

function markingTests(id: string, script: string) {
  const text = `guise: persona/v1\npersona_id: ${id}\ntests: [{name: waits, command: [sh, -c, "${script}"]}]\n`;
  return layerOf({ own: parseDocument(text, `${id}.yaml`), ancestors: [] }, { assignedBy: 'local' });
}
