import type { LayerRef } from '@guise/model';
import { expect, it } from 'vitest';
import type { Decision } from './decide-active.ts';
import { transactionCause } from './transaction-cause.ts';

const layer = (instance: string, version = 1): LayerRef => ({ instance, persona_id: instance, version, priority: 50 });
const decided = (instance: string, decidedBy: Decision['decidedBy']) =>
  ({ layer: { instance } as Decision['layer'], decidedBy }) as const;

const deciding = {
  decisions: [
    decided('web', 'always'),
    decided('mine', 'always'),
    decided('burst', 'triggers'),
    decided('held', 'hold'),
  ],
  candidates: new Map([
    ['web', { source: 'server' }],
    ['mine', { source: 'local' }],
  ] as const),
};

it.each([
  ['what is assigned comes', [], [layer('web')], 'assignment'],
  ['another version of it comes', [layer('web', 1)], [layer('web', 2)], 'assignment'],
  ['what was declared here comes', [], [layer('mine')], 'local'],
  ['triggers bring something along', [layer('web')], [layer('web'), layer('burst')], 'trigger'],
  ['triggers take something away', [layer('web'), layer('burst')], [layer('web')], 'trigger'],
  ['a person holds one while triggers move another', [layer('burst')], [layer('held')], 'hold'],
  ['the same is made again', [layer('web')], [layer('web')], 'drift'],
  ['nobody speaks of it any more', [layer('gone')], [], null],
])('when %s', (_, layers_before, layers_after, cause) => {
  expect(transactionCause({ layers_before, layers_after }, deciding)).toBe(cause);
});
