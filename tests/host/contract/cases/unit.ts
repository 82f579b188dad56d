import type { ContractCase } from '@guise/agent';
import { put } from './text.ts';
import { digestOfText, serviceUnit } from './units.ts';

const old = serviceUnit('/bin/sleep 1');
const young = serviceUnit('/bin/sleep 2');

export const unitCases: readonly ContractCase[] = [
  {
    name: 'a unit and a drop-in that are new, a unit that exists with its own mode, and one that goes',
    content: [young],
    arrange: (host) => {
      put(host, '/etc/systemd/system/old.service', old, '0600', 0, 4);
      put(host, '/etc/systemd/system/leaving.service', old);
    },
    after: {
      'unit:new.service': { digest: digestOfText(young) },
      'unit:new.service.d/10-more.conf': { digest: digestOfText(young) },
      'unit:old.service': { digest: digestOfText(young) },
      'unit:leaving.service': { digest: null },
    },
  },
];
