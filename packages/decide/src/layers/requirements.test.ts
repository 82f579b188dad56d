import { parseDocument } from '@guise/model/documents';
import { expect, it } from 'vitest';
import { checkRequirements } from './requirements.ts';

const parent = parseDocument(
  'guise: persona/v1\npersona_id: base\nrequired_cores: 16\nrequired_ram_gb: 2',
  'base.yaml',
);
const own = parseDocument('guise: persona/v1\npersona_id: web\nrequired_cores: 4', 'web.yaml');

it('says what the host lacks, by the last document that asks', () => {
  expect(checkRequirements([parent, own], { cpu_cores: 2, memory_mb: 1024 }).map(({ message }) => message)).toEqual([
    'Cannot meet "required_cores": the value must be at most what the host has, 2 cores, and it is 4 (web.yaml:3:1)',
    'Cannot meet "required_ram_gb": the value must be at most what the host has, 1 GB, and it is 2 (base.yaml:4:1)',
  ]);
});

it('is content with what its kernel leaves of 2 GiB, and with facts that nobody knows', () => {
  expect(checkRequirements([parent, own], { cpu_cores: 4, memory_mb: 1962 })).toEqual([]);
  expect(checkRequirements([parent, own], { memory_mb: '' })).toEqual([]);
});
