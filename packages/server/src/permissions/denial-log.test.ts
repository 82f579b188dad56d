import { limits } from '@guise/model';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../store/audit.ts';
import { DenialLog } from './denial-log.ts';
import { NotPermitted } from './not-permitted.ts';

function logged() {
  const told: (AuditRecord & { actor: string })[] = [];
  const log = new DenialLog(async (actor, record) => void told.push({ actor, ...record }));
  return { told, log };
}

const denial = (id: string) => new NotPermitted('host:delete', { type: 'Host', id }, 'it is not permitted');

describe('denials', () => {
  it('are told at once, and the same again only with its number', async () => {
    const { told, log } = logged();
    for (let times = 0; times < 1000; times++) await log.record('ci', denial('h1'));
    expect(told).toMatchObject([{ actor: 'ci', action: 'host:delete', resource: 'host/h1', outcome: 'denied' }]);
    await log.flush();
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({ resource: 'host/h1', outcome: 'denied', detail: { denied_again: 999 } });
    await log.flush();
    expect(told).toHaveLength(2);
  });

  it('of many kinds are told up to a bound, the rest together', async () => {
    const { told, log } = logged();
    for (let host = 0; host < 10_000; host++) await log.record('ci', denial(`h${host}`));
    expect(told).toHaveLength(limits.denialsPerPrincipal);
    await log.flush();
    expect(told).toHaveLength(limits.denialsPerPrincipal + 1);
    expect(told.at(-1)).toMatchObject({
      resource: 'several',
      detail: { denied_again: 10_000 - limits.denialsPerPrincipal },
    });
  });

  it('of somebody else are told whatever another does', async () => {
    const { told, log } = logged();
    for (let host = 0; host < 100; host++) await log.record('loud', denial(`h${host}`));
    await log.record('quiet', denial('h1'));
    expect(told.at(-1)).toMatchObject({ actor: 'quiet', resource: 'host/h1' });
  });
});
