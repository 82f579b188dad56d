import { expect, it } from 'vitest';
import { agentText } from './host-agent.ts';

it('tells why a host that is away would not be let in', () => {
  expect(agentText({ connected: true, identity: 'active' })).toBe('connected');
  expect(agentText({ connected: false, identity: 'active' })).toBe('away');
  expect(agentText({ connected: false, identity: 'locked' })).toBe('away, locked');
  expect(agentText({ connected: true, identity: 'revoked' })).toBe('away, revoked');
});
