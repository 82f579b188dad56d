import type { WhyReport } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { plainStyle } from './style.ts';
import { whyLines } from './why.ts';

const claim = {
  version: 3,
  assigned_by: 'alice',
  file: 'web.yaml',
  line: 14,
  column: 9,
  path: 'operating_system.sysctl',
};

const report: WhyReport = {
  address: 'sysctl:net.core.somaxconn',
  managed: true,
  live: { value: '128' },
  fields: [
    {
      field: 'value',
      value: '4096',
      winner: 'web',
      because: [{ ...claim, instance: 'web', persona_id: 'web', priority: 50, says: { at_least: 4096 } }],
      losers: [{ ...claim, instance: 'small', persona_id: 'tuned', priority: 10, says: '1024' }],
      baseline: '128',
      without: { web: '1024' },
    },
  ],
  layers: [],
};

describe('whyLines', () => {
  it('names the winner, the losers, the baseline and what leaving would change', () => {
    expect(whyLines(report, { style: plainStyle })).toEqual([
      'sysctl:net.core.somaxconn',
      '  value = 4096',
      '    web decides',
      '    + web@3 says {"at_least":4096} (priority 50, assigned by alice) web.yaml:14:9 operating_system.sysctl',
      '    - tuned@3 as small says 1024 (priority 10, assigned by alice) web.yaml:14:9 operating_system.sysctl',
      '    before guise: 128',
      '    without web: 1024',
      '    live now: 128, changed by somebody else',
    ]);
  });

  it('tells why each persona is active', () => {
    const layer = {
      instance: 'web',
      decided_by: 'triggers',
      reason: 'cpu_utilization was above 0.8 for 30s: 0.93',
      since: '2026-11-25T10:00:30Z',
      assigned_by: 'tag:role=web by alice',
    } as const;
    expect(whyLines({ ...report, layers: [layer] }, { style: plainStyle }).at(-1)).toBe(
      '  web is active since 2026-11-25T10:00:30Z, by its triggers: cpu_utilization was above 0.8 for 30s: 0.93; assigned by tag:role=web by alice',
    );
  });

  it('says that nobody manages an address, and what it is', () => {
    expect(whyLines({ ...report, managed: false, fields: [] }, { style: plainStyle })).toEqual([
      'sysctl:net.core.somaxconn',
      '  no active persona says anything about it',
      '  value: 128',
    ]);
  });
});
