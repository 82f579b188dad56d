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

it('takes a host for what its os-release says, and refuses it another image by name', () => {
  const made = (image: string) =>
    parseDocument(`guise: persona/v1\npersona_id: web\noperating_system: {image: ${image}}`, 'web.yaml');
  const trixie = { os_id: 'debian', os_version: '13' };
  expect(checkRequirements([made('debian-12'), made('debian-13')], trixie)).toEqual([]);
  expect(checkRequirements([made('debian-12')], trixie)).toEqual([
    {
      file: 'web.yaml',
      line: 3,
      column: 20,
      path: 'operating_system.image',
      rule: 'must be what the host has, debian-13, unless its provider deploys another',
      message:
        'Cannot meet "operating_system.image": the value must be what the host has, debian-13, unless its provider deploys another, and it is debian-12 (web.yaml:3:20)',
    },
  ]);
  expect(checkRequirements([made('debian-12')], { os_id: '', os_version: '' })).toHaveLength(1);
  expect(checkRequirements([made('debian-12')], {})).toEqual([]);
});
