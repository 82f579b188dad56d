import type { Address, State } from '@guise/model';
import { expect, it } from 'vitest';
import { claimsOf } from './claims-of.ts';
import { explain } from './why.ts';

const address: Address = 'sysctl:net.core.somaxconn';
const field = `${address} value`;
const claims = [
  ...claimsOf({ instance: 'web', priority: 60, says: { [field]: '1024' } }),
  ...claimsOf({ instance: 'db', priority: 50, says: { [field]: '512' } }),
  ...claimsOf({ instance: 'edge', priority: 40, says: { [field]: { operands: [{ at_least: 700 }] } } }),
  ...claimsOf({ instance: 'other', says: { 'sysctl:vm.swappiness value': '1' } }),
];
const baselines = new Map<Address, State>([[address, { value: '128' }]]);

it('names winner, losers, baseline, who asked, and what each leaving would make of it', () => {
  const report = explain({
    address,
    claims,
    baselines,
    live: { value: '1024' },
    assignedBy: (instance) => `tag:${instance}`,
  });
  expect(report).toMatchObject({ address, managed: true, live: { value: '1024' } });
  expect(report.fields).toMatchObject([
    {
      field: 'value',
      value: '1024',
      winner: 'web',
      because: [
        { instance: 'web', says: '1024', file: 'web.yaml', assigned_by: 'tag:web' },
        { instance: 'edge', says: { at_least: 700 } },
      ],
      losers: [{ instance: 'db', says: '512' }],
      baseline: '128',
      without: { db: '1024', edge: '1024', web: '700' },
    },
  ]);
});

it('says that nobody manages an address', () => {
  const report = explain({
    address: 'sysctl:vm.overcommit_memory',
    claims,
    baselines,
    live: { value: '0' },
    assignedBy: () => 'local',
  });
  expect(report).toEqual({
    address: 'sysctl:vm.overcommit_memory',
    managed: false,
    live: { value: '0' },
    fields: [],
    layers: [],
  });
});

it('names the bound as the winner of a value that it moved', () => {
  const without = claims.filter((claim) => claim.layer.instance !== 'web');
  const report = explain({ address, claims: without, baselines, live: { value: '700' }, assignedBy: () => 'local' });
  expect(report.fields[0]).toMatchObject({
    value: '700',
    winner: 'edge',
    losers: [{ instance: 'db' }],
    without: { edge: '512', db: '700' },
  });
});
