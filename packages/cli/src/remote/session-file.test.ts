import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient, serverUrl } from './open-client.ts';
import { readSession, removeSession, writeSession } from './session-file.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'guise-session-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const context = () => ({ env: { HOME: home }, isRoot: false });
const session = {
  server: 'https://guise.example.com',
  token: 'guise_x',
  actor: 'user/alice@example.com',
  expires_at: '2026-11-25T12:00:00.000Z',
};
const during = Date.parse('2026-11-25T11:59:59Z');
const after = Date.parse('2026-11-25T12:00:01Z');

describe('the session of a login', () => {
  it('is kept for its owner alone, until it is over', () => {
    const file = writeSession(context(), session);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readSession(context(), during)).toEqual(session);
    expect(readSession(context(), after)).toBeNull();
    removeSession(context());
    expect(readSession(context(), during)).toBeNull();
  });

  it('replaces one that others could read', () => {
    const file = writeSession(context(), session);
    writeFileSync(file, 'old', { mode: 0o644 });
    writeSession(context(), session);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'not JSON', '{}', '[]', 'null'])('is none when the file says %j', (text) => {
    writeFileSync(writeSession(context(), session), text);
    expect(readSession(context(), during)).toBeNull();
  });

  it('says where later commands go, unless they say it themselves', () => {
    writeSession(context(), { ...session, expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect(serverUrl(context(), { server: undefined })).toBe(session.server);
    expect(serverUrl(context(), { server: 'http://127.0.0.1:7070/' })).toBe('http://127.0.0.1:7070');
  });

  it('is not sent to any other control plane', () => {
    writeSession(context(), { ...session, expires_at: new Date(Date.now() + 60_000).toISOString() });
    expect(() => openClient(context(), { server: 'https://other.example.com', token: undefined })).toThrow(
      expect.objectContaining({ code: 'token_missing' }),
    );
  });
});
