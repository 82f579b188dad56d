/**
 * The library on a real host: each persona is applied and then used as its users would, and when it leaves the host is what it was,
 * by its whole fingerprint.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diffFingerprints, type Fingerprint } from './fingerprint.ts';
import { node, testLab } from './test-lab.ts';

const library = '/opt/guise/personas';

describe('the library', () => {
  const { lab, guise, output } = testLab('test-personas', [{ name: 'h1' }, { name: 'h2' }]);
  const fingerprint = async (host: string): Promise<Fingerprint> =>
    JSON.parse(await output(host, [...node, '/opt/guise/tests/host/fingerprint.ts'])) as Fingerprint;
  const apply = async (host: string, ...args: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await guise(host, 'apply', '--yes', ...args);
    expect([status, stderr, status === 0 ? '' : stdout]).toEqual([0, expect.any(String), '']);
  };
  const from = (host: string, url: string): Promise<string> =>
    output(host, ['curl', '--silent', '--show-error', '--fail', '--max-time', '5', url]);
  let clean: Fingerprint | undefined;
  const traces = async () => diffFingerprints(clean!, await fingerprint('h1'));
  const leave = async (host: string): Promise<void> => {
    const { status, stdout, stderr } = await guise(host, 'rollback', '--to', 'baseline', '--yes');
    expect([host, status, status === 0 ? '' : stdout + stderr]).toEqual([host, 0, '']);
  };

  const expectNoTraces = async (): Promise<void> => {
    expect(await traces()).toEqual([]);
  };

  beforeEach(async () => {
    clean ??= await fingerprint('h1');
  });

  afterEach(async () => {
    for (const host of ['h1', 'h2']) await leave(host);
    await expectNoTraces();
  });

  it('web: its page is fetched from another host', async () => {
    await apply('h1', `${library}/web.yaml`, '--param', 'greeting=Hello from a lab');
    expect(await from('h2', `http://${lab.host('h1').address}/`)).toContain('Hello from a lab');
  });

  it('database: a row is written and read', async () => {
    await apply('h1', `${library}/database.yaml`);
    const sql = (text: string) =>
      output('h1', ['runuser', '-u', 'postgres', '--', 'psql', '-XAtq', '-d', 'shop', '-c', text]);
    expect(Number(await sql('SELECT count(*) FROM product'))).toBeGreaterThanOrEqual(0);
    await sql(`CREATE TABLE probe AS SELECT 'written by a test' AS note`);
    expect(await sql('SELECT note FROM probe')).toBe('written by a test');
    expect(await sql(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'shop'`)).toBe('t');
  });

  it('message-queue: a message that one client publishes reaches another', async () => {
    await apply('h1', `${library}/message-queue.yaml`);
    await output('h1', ['mosquitto_pub', '-t', 'shop/orders', '-m', 'one book', '-r', '-q', '1']);
    expect(await output('h1', ['mosquitto_sub', '-t', 'shop/orders', '-C', '1', '-W', '10'])).toBe('one book');
  });

  it('load-balancer: requests are shared between two backends', async () => {
    await apply(
      'h1',
      `${library}/web.yaml`,
      `${library}/load-balancer.yaml`,
      '--param',
      'web.greeting=backend h1',
      '--param',
      `load-balancer.backend_b=${lab.host('h2').address}:80`,
    );
    await apply('h2', `${library}/web.yaml`, '--param', 'greeting=backend h2');
    const pages = new Set<string>();
    // A backend that was away is back in after two checks, which are 2 s apart.
    for (let request = 0; request < 40 && pages.size < 2; request++) {
      const page = await from('h2', `http://${lab.host('h1').address}:8080/`);
      pages.add(/backend h[12]/.exec(page)?.[0] ?? page);
      await sleep(250);
    }
    expect([...pages].sort()).toEqual(['backend h1', 'backend h2']);
  });

  it('hardened: ssh takes keys only, and the firewall drops what nobody allowed', async () => {
    await apply('h1', `${library}/hardened.yaml`, `${library}/web.yaml`);
    const effective = await output('h1', ['/usr/sbin/sshd', '-T']);
    expect(effective).toContain('passwordauthentication no');
    expect(await from('h2', `http://${lab.host('h1').address}/`)).toContain('Served by guise');
    const listener = lab.spawn('h1', [...node, '--eval', `require('node:net').createServer().listen(9999)`], 'ignore');
    const { status } = await lab.run('h2', [
      'curl',
      '--silent',
      '--max-time',
      '2',
      '--connect-timeout',
      '2',
      `http://${lab.host('h1').address}:9999/`,
    ]);
    listener.kill();
    await output('h1', ['pkill', '-f', 'listen.9999']);
    expect(status).toBe(28);
    expect(await output('h1', ['sysctl', '-n', 'net.ipv4.tcp_syncookies'])).toBe('1');
  });

  it('performance-testing: puts load on a web server', async () => {
    await apply('h1', `${library}/performance-testing.yaml`);
    await apply('h2', `${library}/web.yaml`);
    const report = await output('h1', [
      'wrk',
      '--duration',
      '1s',
      '--threads',
      '1',
      '--connections',
      '4',
      `http://${lab.host('h2').address}/`,
    ]);
    expect(Number(/(\d+) requests in/.exec(report)?.[1])).toBeGreaterThan(10);
  });

  it('blank: changes nothing', async () => {
    await apply('h1', `${library}/blank.yaml`);
    expect(await traces()).toEqual([]);
  });
});
