import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Probe } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { localHost } from '../host/local-host.ts';
import { runHealthChecks, runTests } from './probes.ts';

const host = localHost({ root: '/' });
const { signal } = new AbortController();
const check = (url: string): Probe => ({ type: 'http', name: 'answers', url, everyMs: 1, failAfter: 2 });
const run = (url: string) => runHealthChecks([check(url)], host, signal);

describe('a probe that is a command', () => {
  const failing = { type: 'command', name: 'never', command: ['false'], timeoutMs: 5_000, everyMs: 1 } as const;

  it('is tried as often as it says before it fails', async () => {
    await expect(runHealthChecks([{ ...failing, failAfter: 4 }], host, signal)).rejects.toThrow(
      'Health check "never" failed 4 times in a row: false exited with 1',
    );
  });

  it('has one try as a test', async () => {
    await expect(runTests([{ ...failing, failAfter: 1 }], host, signal)).rejects.toThrow(
      'Test "never" failed: false exited with 1',
    );
  });
});

describe('a health check by HTTP', () => {
  it('passes on 2xx and names any other answer', async () => {
    const server = createServer((request, response) => response.writeHead(request.url === '/up' ? 204 : 500).end());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await run(`${base}/up`);
    await expect(run(`${base}/down`)).rejects.toThrow(`failed 2 times in a row: ${base}/down answered 500`);
    server.close();
  });

  it('speaks TLS too, and says what it met there', async () => {
    await expect(run('https://127.0.0.1:1/')).rejects.toMatchObject({ code: 'health_failed' });
  });
});
