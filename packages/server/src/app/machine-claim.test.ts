import { parseDocument } from '@guise/model/documents';
import { expect, it } from 'vitest';
import { machineClaim, noNeeds, personaNeeds } from './machine-claim.ts';

const needs = (...texts: readonly string[]) =>
  personaNeeds(texts.map((text) => parseDocument(`guise: persona/v1\npersona_id: p\n${text}`, 'p.yaml')));

it('a persona needs what its own document says, or else the nearest parent that does', () => {
  expect(needs('required_cores: 2\nrequired_ram_gb: 1.048576', 'resource_allocation: {cpu_cores: 3}')).toEqual({
    requiredCores: 2,
    requiredMb: 1000,
    allocatedCores: 3,
    allocatedMb: null,
  });
  expect(needs('required_cores: 2', 'required_cores: 4').requiredCores).toBe(4);
});

it('what a template decides is not known here', () => {
  expect(needs('parameters: {cores: {type: integer}}\nrequired_cores: "{{ cores }}"')).toEqual(noNeeds);
});

it('a host is guaranteed the sum, may have the sum where each says one, and weighs as its highest priority', () => {
  const web = { ...needs('required_cores: 1\nresource_allocation: {cpu_cores: 2, memory_mb: 512}'), priority: 75 };
  const cache = { ...needs('required_cores: 0.5\nresource_allocation: {cpu_cores: 1}'), priority: 25 };
  expect(machineClaim([web, cache])).toEqual({
    weight: 75,
    minimumCores: 1.5,
    minimumMb: 0,
    ceilingCores: 3,
    ceilingMb: null,
  });
});

it('a host without a persona has the weight of one that says nothing, and priority 0 is the smallest', () => {
  const nothing = { minimumCores: 0, minimumMb: 0, ceilingCores: null, ceilingMb: null };
  expect(machineClaim([])).toEqual({ weight: 50, ...nothing });
  expect(machineClaim([{ ...noNeeds, priority: 0 }])).toEqual({ weight: 1, ...nothing });
});
