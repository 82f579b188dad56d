/** A signature that has ended keeps a persona from becoming active, whoever wants it, and takes nothing away. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Hold, Layer } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyByHand, type ByHand, rollbackByHand } from './by-hand.ts';
import { desiredOf, markingLayer, TestHost } from './test-host.ts';

const hourMs = 3_600_000;
const startMs = Date.parse('2026-11-25T09:00:00Z');
const burst = 'activation_triggers: {resource_utilization_thresholds: {metric: cpu, above: 0.8, for: 2s}}\n';

let host: TestHost;
beforeEach(async () => {
  host = new TestHost();
  await host.conductor.start();
});
afterEach(() => host.remove());

/** Signed until so many hours after the start. */
function signed(id: string, hours: number, more = ''): Layer {
  const expires_at = new Date(startMs + hours * hourMs).toISOString();
  const signature = { signers: ['alice'], payload_digest: `sha256:${'0'.repeat(64)}` as never, expires_at };
  return { ...markingLayer(id, more, { assignedBy: 'host:h1 by admin' }), version: 1, signature };
}

const by = (more: Partial<ByHand> = {}): ByHand => ({
  forMs: null,
  reason: 'a test',
  nowMs: host.clock.nowMs(),
  makeId: () => crypto.randomUUID(),
  ...more,
});
const ended = expect.objectContaining({ code: 'signature_expired' });

describe('a version whose signature has ended', () => {
  it('is not applied by assignment: what it was to replace stays, and the control plane is told why', async () => {
    host.conductor.follow(desiredOf(1, signed('old', 9)));
    await host.marksAre('old');
    host.conductor.follow(desiredOf(2, signed('new', -1)));
    await host.eventually('it is told', () => host.conductor.desiredResult?.desired.generation === 2);
    expect(host.conductor.desiredResult?.result).toEqual({ type: 'failed', error: ended });
    expect(host.marks()).toEqual(['old']);
    const [candidate] = host.conductor.candidateReports();
    expect(candidate).toMatchObject({ instance: 'new', active: false, reason: expect.stringContaining('ended at') });
  });

  it('keeps no other away, and leaves an earlier version of itself in place', async () => {
    const { signature: _, ...unsigned } = signed('web', 9);
    host.conductor.follow(desiredOf(1, { ...unsigned, version: 1 }));
    await host.marksAre('web');
    host.conductor.follow(desiredOf(2, { ...signed('web', -1), version: 2 }, signed('db', 9)));
    await host.marksAre('db', 'web');
    await host.settled();
    expect(host.engine.active().map(({ instance, version }) => [instance, version])).toEqual([
      ['web', 1],
      ['db', 1],
    ]);
  });

  it('is not applied by a trigger that fires too late', async () => {
    host.metrics.set('cpu_utilization', 0.1);
    host.conductor.follow(desiredOf(1, signed('burst', 1, burst)));
    await host.settled();
    host.clock.jump(2 * hourMs);
    host.metrics.set('cpu_utilization', 0.95);
    await host.clock.advance(4_000);
    await host.eventually('the trigger fired', () => host.conductor.decisions[0]?.active === true);
    await host.settled();
    expect(host.marks()).toEqual([]);
    const [candidate] = host.conductor.candidateReports();
    expect(candidate).toMatchObject({ active: false, reason: expect.stringContaining('ended at') });
  });

  it('is not applied by a hold, by hand or by going back', async () => {
    host.conductor.follow(desiredOf(1, signed('web', 1), signed('burst', 1, burst)));
    await host.marksAre('web');
    await rollbackByHand(host.conductor, 'baseline', by({ forMs: 60_000 }));
    host.clock.jump(2 * hourMs);
    const at = (ms: number) => new Date(host.clock.nowMs() + ms).toISOString();
    const hold: Hold = {
      id: 'one',
      instance: 'burst',
      effect: 'active',
      reason: 'a test',
      owner: 'admin',
      from: at(0),
      until: at(hourMs),
    };
    expect(() => host.conductor.holdByOrder(hold)).toThrow(ended);
    await expect(applyByHand(host.conductor, signed('burst', 1, burst), false, by())).rejects.toEqual(ended);
    await expect(applyByHand(host.conductor, signed('web', 1), true, by())).rejects.toEqual(ended);
    await expect(host.conductor.rollback('previous')).rejects.toEqual(ended);
    expect(host.marks()).toEqual([]);
  });
});

describe('a signature that ends while its persona is active', () => {
  it('leaves it there, through repair and restart, until somebody takes it away', async () => {
    host.conductor.follow(desiredOf(1, signed('web', 1)));
    await host.marksAre('web');
    host.clock.jump(2 * hourMs);
    rmSync(join(host.root, 'marks', 'web'));
    await host.conductor.enforce();
    expect(host.marks()).toEqual(['web']);
    rmSync(join(host.root, 'marks', 'web'));
    await host.restart();
    await host.marksAre('web');
    expect(host.conductor.candidateReports()[0]).toMatchObject({ instance: 'web', active: true });
    host.conductor.follow(desiredOf(2));
    await host.marksAre();
    host.conductor.follow(desiredOf(3, signed('web', 1)));
    await host.eventually('it is told', () => host.conductor.desiredResult?.desired.generation === 3);
    expect(host.marks()).toEqual([]);
  });
});
