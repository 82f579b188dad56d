import { GuiseError, parseHostId, parsePersonaId } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { client } from './client.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A network that answers everything alike, and what was sent over it. */
function network(status: number, body: unknown) {
  const sent: Sent[] = [];
  const answer: typeof fetch = async (url, init = {}) => {
    sent.push({ url: new Request(url).url, init });
    return new Response(status === 204 ? null : typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  return { sent, api: client({ baseUrl: 'http://control.example:7070/', token: 'secret', fetch: answer }) };
}

const noHosts = { items: [], next_cursor: null };

describe('client', () => {
  it('fills paths and queries, encoded, and sends its token', async () => {
    const { api, sent } = network(204, '');
    await api.unassignFromTag({
      params: { tag: 'role=a/b', persona_id: parsePersonaId('web') },
      query: { instance: 'web-2' },
    });
    expect(sent[0]?.url).toBe('http://control.example:7070/tags/role%3Da%2Fb/personas/web?instance=web-2');
    expect(sent[0]?.init).toMatchObject({ method: 'DELETE', headers: { authorization: 'Bearer secret' } });
    expect(sent[0]?.init.body).toBeUndefined();
  });

  it('leaves out what was not asked for', async () => {
    const { api, sent } = network(200, noHosts);
    expect(await api.listHosts()).toEqual(noHosts);
    expect(sent[0]?.url).toBe('http://control.example:7070/hosts');
  });

  it('sends bodies as JSON', async () => {
    const { api, sent } = network(200, { tags: { role: 'web' } });
    await api.putHostTags({ params: { host_id: parseHostId('h1') }, body: { tags: { role: 'web' } } });
    expect(sent[0]?.init.body).toBe('{"tags":{"role":"web"}}');
  });

  it('throws the control plane’s own error', async () => {
    const problem = { file: 'web.yaml', line: 3, column: 7, path: 'files', rule: 'must be a map', message: 'no' };
    const error = { code: 'document_invalid', message: 'Cannot read web.yaml', problems: [problem] };
    await expect(network(400, { error }).api.listHosts()).rejects.toMatchObject({ ...error, kind: 'invalid' });
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [422, 'invalid'],
    [500, 'unavailable'],
  ])('takes the status %i for a code that it does not know', async (status, kind) => {
    const error = { code: 'from_the_future', message: 'New', problems: [] };
    await expect(network(status, { error }).api.listHosts()).rejects.toMatchObject({ kind, message: 'New' });
  });

  it.each([
    [502, '<html>'],
    [200, '<html>'],
    [200, { items: 1 }],
  ])('says so when %i %j is no answer of this API', async (status, body) => {
    await expect(network(status, body).api.listHosts()).rejects.toMatchObject({ code: 'server_unavailable' });
  });

  it('says so when nobody answers', async () => {
    const unreachable = client({
      baseUrl: 'http://control.example',
      token: '',
      fetch: async () => Promise.reject(new Error('ECONNREFUSED')),
    });
    const error = await unreachable.listHosts().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GuiseError);
    expect(error).toMatchObject({ code: 'server_unavailable', message: expect.stringContaining('control.example') });
  });
});
