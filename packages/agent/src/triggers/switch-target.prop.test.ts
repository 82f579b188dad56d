/** Whatever failed before: what leaves leaves, what is not blocked comes, and at most one unit of what is blocked is tried. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from './decide-active.ts';
import { layerKey } from './layer-key.ts';
import { type Block, targetOf, togetherUnit } from './switch-target.ts';
import { markingLayer } from './test-host.ts';

const layers = ['a', 'b', 'c', 'd', 'e'].map((id) => markingLayer(id));
const nowMs = 1_000_000;

const decision = (index: number, active: boolean, decidedBy: Decision['decidedBy']): Decision => ({
  layer: layers[index]!,
  active,
  decidedBy,
  reason: '',
  sinceMs: 0,
  hold: null,
  blocked: null,
});
const situation = fc.record({
  decisions: fc.uniqueArray(
    fc.record({
      index: fc.nat({ max: layers.length - 1 }),
      active: fc.boolean(),
      decidedBy: fc.constantFrom('always' as const, 'triggers' as const),
    }),
    { selector: ({ index }) => index },
  ),
  active: fc.subarray(layers),
  blocked: fc.array(
    fc.record({ index: fc.nat({ max: layers.length - 1 }), retryAtMs: fc.constantFrom(0, nowMs, nowMs + 1, Infinity) }),
  ),
});

describe('the target of a switch', () => {
  it('keeps these promises', () => {
    fc.assert(
      fc.property(situation, ({ decisions: drawn, active, blocked }) => {
        const decisions = drawn.map(({ index, active: isActive, decidedBy }) => decision(index, isActive, decidedBy));
        const blocks = new Map(
          blocked.map(({ index, retryAtMs }): [string, Block] => {
            const layer = layers[index]!;
            const decidedBy = decisions.find((each) => each.layer === layer)?.decidedBy;
            const unit = decidedBy === 'always' ? togetherUnit : layerKey(layer);
            return [layerKey(layer), { instance: layer.instance, unit, attempts: 1, retryAtMs, reason: '' }];
          }),
        );
        const target = targetOf({ decisions, active, blocks, nowMs, wallMs: 0 });
        const instances = target.layers.map(({ instance }) => instance);
        expect(new Set(instances).size).toBe(instances.length);
        const wanted = decisions.filter((each) => each.active).map(({ layer }) => layer);
        const leaving = decisions.filter((each) => !each.active).map(({ layer }) => layer.instance);
        const free = wanted.filter((layer) => !blocks.has(layerKey(layer)) || active.includes(layer));
        expect(instances.filter((instance) => leaving.includes(instance))).toEqual([]);
        expect(instances).toEqual(expect.arrayContaining(free.map(({ instance }) => instance)));
        const triedUnits = target.layers
          .filter((layer) => !active.includes(layer))
          .flatMap((layer) => blocks.get(layerKey(layer)) ?? []);
        expect(new Set(triedUnits.map(({ unit }) => unit)).size).toBeLessThanOrEqual(1);
        for (const { unit } of triedUnits)
          expect([...blocks.values()].some((block) => block.unit === unit && block.retryAtMs <= nowMs)).toBe(true);
      }),
    );
  });

  it('keeps what is no candidate any more as long as what comes in its stead is blocked', () => {
    const [old, next, burst] = layers as [(typeof layers)[0], (typeof layers)[0], (typeof layers)[0]];
    const block = { instance: next.instance, attempts: 1, retryAtMs: Infinity, reason: '', unit: togetherUnit };
    const decisions = [decision(1, true, 'always'), decision(2, true, 'triggers')];
    const blocks = new Map([[layerKey(next), block]]);
    expect(targetOf({ decisions, active: [old], blocks, nowMs, wallMs: 0 }).layers).toEqual([burst, old]);
    expect(targetOf({ decisions, active: [old], blocks: new Map(), nowMs, wallMs: 0 }).layers).toEqual([next, burst]);
  });

  it('leaves out what ended and is not active yet, keeps what it was to replace, and lets what is active stay', () => {
    const [old, next] = layers as [(typeof layers)[0], (typeof layers)[0]];
    const end = '2026-11-25T09:00:00.000Z';
    const signature = { signers: ['alice'], payload_digest: `sha256:${'0'.repeat(64)}` as never, expires_at: end };
    const signed = { ...next, signature };
    const renewed = { ...signed, version: 2 };
    const decisions = [{ ...decision(1, true, 'always'), layer: signed }];
    const at = { decisions, blocks: new Map(), nowMs, wallMs: Date.parse(end) };
    expect(targetOf({ ...at, active: [old], wallMs: at.wallMs - 1 }).layers).toEqual([signed]);
    expect(targetOf({ ...at, active: [old] }).layers).toEqual([old]);
    expect(targetOf({ ...at, active: [signed] }).layers).toEqual([signed]);
    expect(targetOf({ ...at, active: [renewed] }).layers).toEqual([renewed]);
    const triggered = [{ ...decision(1, true, 'triggers'), layer: signed }];
    expect(targetOf({ ...at, decisions: triggered, active: [old] }).layers).toEqual([]);
  });
});
