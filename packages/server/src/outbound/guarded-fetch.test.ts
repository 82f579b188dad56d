import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address, GuardOptions } from './guarded-fetch.ts';
import { guardedFetch } from './guarded-fetch.ts';

const visits: string[] = [];
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    visits.push(`${request.headers.host} ${path}`);
    if (path === '/long') return void response.end(Buffer.alloc(limits.outboundBodyBytes + 1));
    if (path === '/silent') return;
    if (path === '/empty') return void response.writeHead(204).end();
    if (path === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
    if (path.startsWith('/to?')) {
      return void response.writeHead(302, { location: decodeURIComponent(path.slice('/to?'.length)) }).end();
    }
    response.end(`${request.method} ${path}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

const here = () => `http://127.0.0.1:${port}`;

function guard(configured: string, more: Partial<GuardOptions> = {}): typeof fetch {
  return guardedFetch({ configured: new URL(configured), allow: [], ...more });
}

/** Answers that it gives in turn, the last one for good. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve = async (hostname: string): Promise<readonly Address[]> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { asked, resolve };
}

const isRefused = { code: 'address_refused' };

describe('a place on this machine', () => {
  it('is reached when the configured place is here', async () => {
    expect(await (await guard(here())(`${here()}/a`)).text()).toBe('GET /a');
    expect((await guard(here())(`${here()}/empty`)).status).toBe(204);
    const posted = await guard(here())(`${here()}/b`, { method: 'POST', body: 'x=1' });
    expect(await posted.text()).toBe('POST /b');
  });

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://0/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'http://example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'https://user:password@example.com/',
  ])('is refused when it is not, however it is written: %s', async (url) => {
    await expect(guard('https://login.example.com')(url)).rejects.toMatchObject(isRefused);
  });

  it('is refused behind a name that leads here', async () => {
    const { resolve } = resolver(['127.0.0.1']);
    await expect(guard('https://evil.example', { resolve })('https://evil.example/')).rejects.toMatchObject(isRefused);
    const mixed = resolver(['93.184.216.34', '10.0.0.1']);
    await expect(guard('https://evil.example', mixed)('https://evil.example/')).rejects.toMatchObject(isRefused);
    const none = resolver([]);
    await expect(guard('https://evil.example', none)('https://evil.example/')).rejects.toMatchObject(isRefused);
  });
});

describe('a name', () => {
  it('is asked for once, and what was checked is what is connected to', async () => {
    const rebinding = resolver(['127.0.0.1'], ['10.0.0.1']);
    const response = await guard('http://localhost', rebinding)(`http://rebind.example:${port}/once`);
    expect(await response.text()).toBe('GET /once');
    expect(rebinding.asked).toEqual(['rebind.example']);
    expect(visits.at(-1)).toBe(`rebind.example:${port} /once`);
  });

  it('without TLS must lead to this machine', async () => {
    const { resolve } = resolver(['93.184.216.34']);
    await expect(guard('http://localhost', { resolve })('http://example.com/')).rejects.toMatchObject(isRefused);
  });

  it('that nobody knows is told as unreachable', async () => {
    const resolve = async () => {
      throw new Error('ENOTFOUND');
    };
    await expect(guard('https://a.example', { resolve })('https://a.example/')).rejects.toMatchObject({
      code: 'server_unavailable',
    });
  });
});

describe('a redirection', () => {
  const to = (url: string) => `${here()}/to?${encodeURIComponent(url)}`;

  it('is followed to where one may go', async () => {
    expect(await (await guard(here())(to(`${here()}/there`))).text()).toBe('GET /there');
  });

  it.each(['http://169.254.169.254/', 'https://10.0.0.1/', 'file:///etc/passwd', 'http://93.184.216.34/'])(
    'to %s is refused',
    async (url) => {
      await expect(guard(here())(to(url))).rejects.toMatchObject(isRefused);
    },
  );

  it('is resolved anew, and refused when the name changed its mind', async () => {
    const { resolve, asked } = resolver(['127.0.0.1'], ['10.0.0.1']);
    const target = encodeURIComponent(`http://rebind.example:${port}/there`);
    await expect(
      guard('http://localhost', { resolve })(`http://rebind.example:${port}/to?${target}`),
    ).rejects.toMatchObject(isRefused);
    expect(asked).toHaveLength(2);
  });

  it('does not go on for ever, and takes no body along', async () => {
    await expect(guard(here())(`${here()}/loop`)).rejects.toMatchObject(isRefused);
    await expect(guard(here())(to(`${here()}/a`), { method: 'POST', body: 'secret' })).rejects.toMatchObject(isRefused);
  });

  it('is told to whoever follows by hand', async () => {
    expect((await guard(here())(to('https://10.0.0.1/'), { redirect: 'manual' })).status).toBe(302);
  });
});

describe('an answer', () => {
  it('that is too long is not read to its end', async () => {
    await expect(guard(here())(`${here()}/long`)).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it('that does not come is not waited for longer than the caller wants', async () => {
    const gone = new AbortController();
    const waiting = guard(here())(`${here()}/silent`, { signal: gone.signal });
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'command_timeout' });
  });

  it('that cannot come is told as unreachable', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port: gone } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(guard(here())(`http://127.0.0.1:${gone}/`)).rejects.toMatchObject({ code: 'server_unavailable' });
  });
});
