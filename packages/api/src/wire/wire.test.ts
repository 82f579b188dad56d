import { limits } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentMessage } from './agent-message.ts';
import { decodeMessage } from './decode-message.ts';
import { serverMessage } from './server-message.ts';

const hello = {
  type: 'hello',
  protocol: 1,
  host_id: 'h1',
  agent_version: '1.0.0',
  facts: { hostname: 'h1', cores: 4 },
  known: null,
  checkpoint_size: 7,
};

describe('messages', () => {
  it('are read, and keys of a newer peer are dropped', () => {
    const decoded = decodeMessage(agentMessage, JSON.stringify({ ...hello, novelty: 1 }));
    expect(decoded).toEqual({ ok: true, message: hello });
  });

  it('of an agent that knows nothing of the audit log say that it remembers none of it', () => {
    const { checkpoint_size: _size, ...older } = hello;
    expect(decodeMessage(agentMessage, JSON.stringify(older))).toMatchObject({ message: { checkpoint_size: 0 } });
  });

  it.each([
    ['', 'not JSON'],
    ['{}', 'type'],
    [JSON.stringify({ ...hello, protocol: 2 }), 'protocol'],
    [JSON.stringify({ ...hello, host_id: '../etc' }), 'host_id'],
    [JSON.stringify({ type: 'report', state: {} }), 'state.active'],
  ])('%j is refused, naming what is wrong', (text, reason) => {
    expect(decodeMessage(agentMessage, text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('are refused by their size before they are parsed', () => {
    const text = ' '.repeat(limits.wireMessageBytes + 1);
    expect(decodeMessage(agentMessage, text)).toMatchObject({ ok: false, reason: expect.stringContaining('allowed') });
  });

  it('never make the reader throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeMessage(serverMessage, text).ok).toBe(false);
      }),
    );
  });
});
