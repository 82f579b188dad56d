import type { ResolvedPersona } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { subscriptionsOf } from './event-subscriptions.ts';

function persona(own: object, ...ancestors: object[]): ResolvedPersona {
  const located = (document: object) => ({ file: 'a.yaml', document, positions: {} });
  return { own: located(own), ancestors: ancestors.map(located) } as unknown as ResolvedPersona;
}

const waitsFor = (leaf: object) => ({ external_event_subscriptions: leaf });

describe('subscriptionsOf', () => {
  it('finds every subscription, in both trees and in ancestors, each once', () => {
    const alert = waitsFor({ type: 'security.alert', where: 'event.severity >= 7' });
    const found = subscriptionsOf(
      persona(
        {
          activation_triggers: { any: [{ time_schedule: {} }, { all: [{ not: waitsFor({ type: 'calm' }) }, alert] }] },
          deactivation_triggers: alert,
        },
        { activation_triggers: waitsFor({ type: 'deploy', source: '/ci' }) },
      ),
    );
    expect(found).toEqual([
      { type: 'deploy', source: '/ci' },
      { type: 'calm', source: '%' },
      { type: 'security.alert', source: '%' },
    ]);
  });

  it('takes several subscriptions in one leaf', () => {
    const leaf = { external_event_subscriptions: [{ type: 'a' }, { type: 'b' }] };
    expect(subscriptionsOf(persona({ activation_triggers: leaf })).map(({ type }) => type)).toEqual(['a', 'b']);
  });

  it.each([
    ['disk.*', 'disk.%'],
    ['100%_sure\\', '100\\%\\_sure\\\\'],
    ['{{ team }}.alert', '%.alert'],
  ])('writes %j as the pattern %j', (type, pattern) => {
    expect(subscriptionsOf(persona({ activation_triggers: waitsFor({ type }) }))).toEqual([
      { type: pattern, source: '%' },
    ]);
  });

  it('finds nothing in a persona without triggers', () => {
    expect(subscriptionsOf(persona({ files: { '/etc/a': waitsFor({ type: 'a' }) } }))).toEqual([]);
  });
});
