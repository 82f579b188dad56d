/** The agent's socket for its own machine, against requests that no command line of ours makes. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalApiOptions, serveLocalApi } from './local-api.ts';

let directory: string;
let server: Server;
const reports: string[] = [];
const got: unknown[] = [];
const routes: LocalApiOptions['routes'] = {
  'POST personas apply': async ({ id, body }) => {
    got.push([id, body]);
    return { id };
  },
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'guise-local-'));
  const path = join(directory, 'agent.sock');
  server = await serveLocalApi({ path, routes, report: (line) => reports.push(line) });
  reports.length = 0;
  got.length = 0;
});
afterEach(async () => {
  server.close();
  await once(server, 'close');
  rmSync(directory, { recursive: true, force: true });
});

async function post(
  path: string,
  body = '',
): Promise<readonly [status: number | undefined, code: string, text: string]> {
  const asked = request({ socketPath: join(directory, 'agent.sock'), path, method: 'POST', agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return [response.statusCode, JSON.parse(text).error?.code, text];
}

it('decodes what follows the verb', async () => {
  expect((await post('/personas/apply/a%20b', '{"only":true}'))[0]).toBe(200);
  expect(got).toEqual([['a b', { only: true }]]);
});

describe('a path', () => {
  it.each(['%', '%zz', 'a%', '%ff', '%c3%28', '%ed%a0%80'])('with %j in it is refused', async (part) => {
    const refused = [400, 'argument_invalid', expect.stringContaining(part)];
    expect(await post(`/personas/apply/${part}`)).toEqual(refused);
    expect([got, reports]).toEqual([[], []]);
  });

  it.each(['//', '//:', 'http://', '//[', 'http://a:99999/', '*', '/nowhere'])(
    'that is %j leads nowhere',
    async (path) => {
      expect((await post(path)).slice(0, 2)).toEqual([404, 'route_not_found']);
      expect([got, reports]).toEqual([[], []]);
    },
  );
});

describe('a body', () => {
  it.each([
    ['lists', '['.repeat(10_000)],
    ['objects', '{"a":'.repeat(limits.jsonDepth + 1)],
    ['a whole value', `{"a":${'['.repeat(limits.jsonDepth)}${']'.repeat(limits.jsonDepth)}}`],
  ])('that is too deep is refused before it is parsed: %s', async (_name, body) => {
    const refused = [400, 'argument_invalid', expect.stringContaining(`more than ${limits.jsonDepth} deep`)];
    expect(await post('/personas/apply/web', body)).toEqual(refused);
    expect([got, reports]).toEqual([[], []]);
  });

  it('may be as deep as everywhere else', async () => {
    const inner = limits.jsonDepth - 1;
    expect((await post('/personas/apply/web', `{"a":${'['.repeat(inner)}${']'.repeat(inner)}}`))[0]).toBe(200);
  });

  it('that is no JSON is refused', async () => {
    expect((await post('/personas/apply/web', '{')).slice(0, 2)).toEqual([400, 'argument_invalid']);
  });
});
