import type { CandidateReport, Hold } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { alertLines, candidateLines, holdText } from './candidates.ts';
import { plainStyle } from './style.ts';

const terminal = { style: plainStyle, columns: Number.POSITIVE_INFINITY };
const candidate: CandidateReport = {
  instance: 'burst',
  persona_id: 'burst',
  version: 2,
  priority: 60,
  active: true,
  decided_by: 'triggers',
  reason: 'cpu_utilization was above 0.8 for 30s: 0.93',
  since: '2026-11-25T10:00:30.125Z',
};
const hold: Hold = {
  id: '7f3',
  instance: 'burst',
  effect: 'inactive',
  reason: 'patching\nthe kernel',
  owner: 'alice',
  from: '2026-11-25T10:00:00Z',
  until: '2026-11-25T12:00:00+01:00',
};

describe('candidateLines', () => {
  it('tell what is active, since when, and who or what decided it', () => {
    const waiting: CandidateReport = {
      ...candidate,
      instance: 'night',
      active: false,
      decided_by: 'hold',
      reason: 'held',
    };
    expect(
      candidateLines([candidate, waiting, { ...candidate, decided_by: 'always', reason: 'it is' }], terminal),
    ).toEqual([
      '+ burst@2, priority 60: active since 2026-11-25T10:00:30Z, by its triggers: cpu_utilization was above 0.8 for 30s: 0.93',
      '- burst@2 as night, priority 60: inactive since 2026-11-25T10:00:30Z, by a hold: held',
      '+ burst@2, priority 60: active since 2026-11-25T10:00:30Z, always active',
    ]);
  });
});

describe('holdText', () => {
  it('tells what, until when, by whom and why, in one line', () => {
    expect(holdText(hold)).toBe(
      'burst is held inactive until 2026-11-25T12:00:00+01:00 by alice: patching\\nthe kernel (hold 7f3)',
    );
    expect(holdText({ ...hold, instance: null })).toContain('every persona is held inactive');
  });
});

describe('alertLines', () => {
  it('are a table, or say that all is well', () => {
    const alert = {
      host_id: 'h1',
      key: 'k',
      type: 'threshold',
      severity: 'page',
      instance: null,
      message: 'too much',
      raised_at: '2026-11-25T10:00:00.000Z',
      cleared_at: null,
    } as const;
    expect(alertLines([alert, { ...alert, cleared_at: '2026-11-25T10:05:00.000Z' }], terminal)).toEqual([
      'HOST  SEVERITY  TYPE       PERSONA  RAISED                CLEARED               MESSAGE',
      'h1    page      threshold           2026-11-25T10:00:00Z  lasts                 too much',
      'h1    page      threshold           2026-11-25T10:00:00Z  2026-11-25T10:05:00Z  too much',
    ]);
    expect(alertLines([], terminal)).toEqual(['Nothing is wrong as far as hosts have told.']);
  });
});
