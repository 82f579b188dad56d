import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSample, readExternalMetric } from './external-metric.ts';

const page = `# HELP queue_length Jobs.
# TYPE queue_length gauge
queue_length{queue="mail",host="a"} 7 1700000000
queue_length{queue="mail",host="b"} 3
queue_length{queue="say \\"hi\\"",host="a"} 1.5e2
queue_length_max 99
plain 42
`;

describe('a sample of a Prometheus page', () => {
  it.each([
    ['plain', {}, 42],
    ['queue_length', { queue: 'mail', host: 'b' }, 3],
    ['queue_length', { queue: 'mail' }, 10],
    ['queue_length', { queue: 'say "hi"' }, 150],
    ['queue_length', { queue: 'none' }, null],
    ['queue', {}, null],
  ])('%s with %j is %j', (metric, labels, value) => {
    expect(findSample(page, metric, labels)).toBe(value);
  });
});

describe('a metric of a persona', () => {
  const directory = mkdtempSync(join(tmpdir(), 'guise-metric-'));
  const path = join(directory, 'value');
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/metrics') response.end(page);
      else if (request.url === '/large') response.end('x'.repeat(5 * 1024 * 1024));
      else if (request.url !== '/hangs') response.writeHead(404).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });
  const file = (pattern: string) => readExternalMetric({ type: 'file', path, pattern });
  const prometheus = (where: string, metric = 'plain', timeoutMs?: number) =>
    readExternalMetric({ type: 'prometheus', url: url + where, metric, labels: {} }, timeoutMs);

  it('is the first group of a pattern in a file', async () => {
    writeFileSync(path, 'temp: 41.5 C\nfan: 1200\n');
    expect(await file('^fan: (\\d+)$')).toEqual({ ok: true, value: 1200 });
    expect(await file('[\\d.]+')).toEqual({ ok: true, value: 41.5 });
    expect(await file('^pump: (\\d+)$')).toEqual({ ok: false, reason: 'nothing in the file matches the pattern' });
    expect(await file('C')).toEqual({ ok: false, reason: 'it is not a number' });
  });

  it('is not waited for at a pipe that nobody writes, and not there without a file', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reading = await readExternalMetric({ type: 'file', path: pipe, pattern: '.*' });
    expect(reading).toEqual({ ok: false, reason: 'it is not a regular file' });
    const missing = await readExternalMetric({ type: 'file', path: '/nowhere/x', pattern: '.*' });
    expect(missing).toMatchObject({ ok: false, reason: expect.stringContaining('ENOENT') });
  });

  it('comes from a page, which may be missing, too large or without it', async () => {
    expect(await prometheus('/metrics')).toEqual({ ok: true, value: 42 });
    expect(await prometheus('/metrics', 'other')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('other'),
    });
    expect(await prometheus('/none')).toMatchObject({ ok: false, reason: expect.stringContaining('404') });
    expect(await prometheus('/large')).toMatchObject({ ok: false, reason: expect.stringContaining('bytes') });
  });

  it('is given up at its deadline', async () => {
    expect(await prometheus('/hangs', 'plain', 50)).toEqual({ ok: false, reason: 'no answer in 50 ms' });
  });
});
