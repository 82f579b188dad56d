/** Borrowing a host by hand: `guise checkout` and `guise checkin` against a real control plane and a simulated host. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lending } from './lending.ts';
import { type Ran, runGuise } from './run-guise.ts';

const lending = new Lending(['h1']);
beforeAll(async () => {
  await lending.start();
  await lending.run();
});
afterAll(() => lending.stop());

async function run(...argv: readonly string[]): Promise<Ran> {
  const ran = await runGuise(argv, { directory: tmpdir(), server: lending.server });
  return { ...ran, out: withoutChance(ran.out) };
}

function withoutChance(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
}

describe('guise checkout', () => {
  it('waits until the host is ready, and tells each state and how to reach it', async () => {
    const wanted = ['--persona', 'lab', '--for', '1h', '--reason', 'a test', '--tests'];
    const { code, out, err } = await run('checkout', 'h1', ...wanted, '--wait');
    expect(out).toBe(
      [
        'ID: h1: ready',
        '  holder: admin, because a test',
        '  persona: lab version 1',
        '  reach it: h1 192.0.2.1',
        '  from TIME until TIME',
        '  tests: guise checkout results ID',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    for (const line of err.trim().split('\n')) expect(line).toMatch(/^(h1: [a-z]|waits for a host)/);
    expect((await run('checkout', 'ls')).out).toMatch(/^CHECKOUT.*\nID +h1 +out +admin +lab +TIME\n$/);
    expect(JSON.parse((await run('checkout', 'results', 'h1')).out)).toMatchObject({
      results: [{ instance: 'lab', name: 'it is there', ok: true }],
    });
  });

  it('is refused while somebody has the host, and says who', async () => {
    const { code, err } = await run('checkout', 'h1', '--for', '1h', '--reason', 'me too');
    expect(code).toBe(3);
    expect(err).toContain('Cannot lease "h1" now: "admin" has it from');
  });

  it('extends, and shows the new end', async () => {
    const before = await run('checkout', 'show', 'h1', '--json');
    expect((await run('checkout', 'extend', 'h1', '--for', '1h')).code).toBe(0);
    const after = await run('checkout', 'show', 'h1', '--json');
    expect(before.code + after.code).toBe(0);
    const { items } = await lending.api.listCheckouts({});
    const [checkout] = items;
    expect(Date.parse(checkout?.expires_at ?? '') - Date.parse(checkout?.starts_at ?? '')).toBe(2 * 3_600_000);
  });

  it('is asked for as it must be', async () => {
    for (const argv of [
      ['checkout', 'h1', '--reason', 'x'],
      ['checkout', 'h1', '--for', '1h'],
      ['checkout', 'h1', '--for', '1h', '--reason', 'x', '--param', 'a=1'],
      ['checkout', 'extend', 'h1'],
      ['checkout', 'show', 'h9'],
      ['host', 'release', 'h1'],
    ])
      expect(await run(...argv)).toMatchObject({ code: 2, out: '' });
  });
});

describe('guise checkin', () => {
  it('waits until the host is what it was', async () => {
    const { code, out } = await run('checkin', 'h1', '--wait');
    expect(out).toContain('ID: h1: ended');
    expect(code).toBe(0);
    expect(lending.activeOn('h1')).toEqual(['web']);
    expect((await run('checkout', 'ls')).out).toBe('Nobody has a host.\n');
  });

  it('says when the host is not what it was, tries again, and a person releases it', async () => {
    await run('checkout', 'h1', '--for', '1h', '--reason', 'x', '--wait');
    lending.provider.loseSnapshots('h1');
    for (const _try of [1, 2]) {
      const { code, out } = await run('checkin', 'h1', '--wait');
      expect(out).toContain('ID: h1: quarantined (Cannot find the snapshot');
      expect(out).toContain('found: {"code":"snapshot_not_found"');
      expect(code).toBe(4);
    }
    expect(await run('host', 'release', 'h1', '--reason', 'looked at it')).toMatchObject({
      code: 0,
      out: 'Released "h1".\n',
    });
  });
});
