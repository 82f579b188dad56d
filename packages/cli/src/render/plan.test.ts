import { createHash } from 'node:crypto';
import type { Address, Digest, ReportedChange, State } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { planLines, type ShownPlan } from './plan.ts';
import { plainStyle } from './style.ts';

const contents = new Map<string, Uint8Array>();
const contentOf = (digest: Digest) => contents.get(digest) ?? null;

function digestOf(text: string): Digest {
  const bytes = new TextEncoder().encode(text);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  contents.set(digest, bytes);
  return digest;
}

const absentFile = { type: 'absent', digest: null, target: null, mode: null, owner: null, group: null };

function file(text: string): State {
  return { type: 'file', digest: digestOf(text), target: null, mode: '0644', owner: 'root', group: 'root' };
}

function change(address: Address, before: State, after: State, more: Partial<ReportedChange> = {}): ReportedChange {
  const fields = Object.keys(after).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return { address, before, after, fields, nudge: null, reversibility: 'exact', because: 'web', ...more };
}

const web = { instance: 'web', persona_id: 'web', version: 3, priority: 50 };
const tuned = { instance: 'north', persona_id: 'tuned', version: null, priority: 60 };

function plan(changes: readonly ReportedChange[], more: Partial<ShownPlan> = {}): ShownPlan {
  const hash = `sha256:${'0'.repeat(64)}`;
  return { hash, layersBefore: [], layersAfter: [web], changes, conflicts: [], warnings: [], ...more };
}

const lines = (shown: ShownPlan, columns = Number.POSITIVE_INFINITY) =>
  planLines(shown, contentOf, { columns, style: plainStyle });

describe('planLines', () => {
  it('marks what comes, goes, becomes something else and is read again', () => {
    const running = { state: 'running', enabled: 'enabled', reload_on: [], restart_on: [] };
    const shown = lines(
      plan([
        change('package:nginx', { version: null }, { version: '1.22.1-9' }, { reversibility: 'compensating' }),
        change('file:/etc/site.conf', file('a\nb\n'), file('a\nc\n')),
        change('file:/etc/new', absentFile, file('one\n')),
        change('file:/etc/old', file('gone\n'), absentFile, { because: 'no active persona asks for it any more' }),
        change('sysctl:net.core.somaxconn', { value: '128' }, { value: '4096' }),
        change('service:nginx.service', running, running, { nudge: 'reload', because: 'file:/etc/site.conf' }),
      ]),
    );
    expect(shown).toEqual([
      'Personas',
      '  + web@3, priority 50',
      'Changes',
      '  + package:nginx              version 1.22.1-9',
      '      undone by the opposite action, not byte for byte',
      '  ~ file:/etc/site.conf        content +1 -1',
      '      @ line 1',
      '        a',
      '      - b',
      '      + c',
      '  + file:/etc/new              type file, content 1 line, mode 0644, owner root, group root',
      '  - file:/etc/old              (no active persona asks for it any more)',
      '  ~ sysctl:net.core.somaxconn  value 128 → 4096',
      '  > service:nginx.service      reload (file:/etc/site.conf)',
      '2 to add, 2 to change, 1 to remove, 1 to reload or restart · plan sha256:000000000000',
    ]);
  });

  it('says that a host is as it should be', () => {
    expect(lines(plan([], { layersBefore: [web] }))).toEqual([
      'Personas',
      '    web@3, priority 50',
      'Changes',
      '  none: the host is as the personas say',
      'nothing to do · plan sha256:000000000000',
    ]);
  });

  it('tells of personas that leave and of conflicts', () => {
    const conflict = { address: 'sysctl:vm.swappiness', field: 'value', winner: web, losers: [tuned] } as const;
    const shown = lines(plan([], { layersBefore: [tuned], conflicts: [conflict], warnings: ['mind the gap'] }));
    expect(shown).toContain('  - tuned as north, priority 60');
    expect(shown).toContain(
      '  ! sysctl:vm.swappiness value: web wins over north by name alone; give one a higher priority',
    );
    expect(shown).toContain('  ! mind the gap');
  });

  it('keeps to the width of the terminal', () => {
    const shown = lines(plan([change('sysctl:a.b', { value: '1' }, { value: 'x'.repeat(200) })]), 60);
    expect(Math.max(...shown.slice(0, -1).map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});
