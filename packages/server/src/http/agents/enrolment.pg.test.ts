/** How a host gets in: join tokens, certificate requests, and the agents' port before anybody has a certificate. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { agentRoutes, enrolmentAnswer, enrolmentPath, type RequestOf, type Routes } from '@guise/api';
import { parseHostId } from '@guise/model';
import { newIdentityKey } from '@guise/trust/certificate-request';
import { certificateDigest, issueServerCertificate, makeAuthority } from '@guise/trust/certificates';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../store/database.ts';
import { callPort, enrolmentBody, type PortAnswer } from '../../test-agent.ts';
import { TestServer } from '../../test-server.ts';

const server = new TestServer();
let database: Database;
let ca: string;
beforeAll(async () => {
  await server.start();
  database = await openDatabase(server.running.databaseUrl);
  ca = await server.authority();
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});

const port = (path: string, body?: object | string, method?: string) =>
  callPort({
    url: server.running.agentUrl,
    path,
    tls: { ca },
    ...(body === undefined ? {} : { body }),
    ...(method === undefined ? {} : { method }),
  });
const redeem = (body: object | string): Promise<PortAnswer> => port(enrolmentPath, body);
const codeOf = ({ body }: PortAnswer) => (body as { error?: { code: string } } | null)?.error?.code;
const newToken = async (body: RequestOf<Routes['createJoinToken']>['body'] = {}) =>
  (await server.api.createJoinToken({ body })).join_token;

describe('a join token', () => {
  it('enrols one host when a hundred redeem it at the same instant', async () => {
    const joinToken = await newToken();
    const bodies = Array.from({ length: 100 }, (_, index) => enrolmentBody(joinToken, `racer-${index}`));
    const answers = await Promise.all(bodies.map(redeem));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 401 && codeOf(answer) === 'token_invalid')).toHaveLength(99);
    const { items } = await server.api.listHosts();
    expect(items.filter(({ host_id }) => host_id.startsWith('racer-'))).toHaveLength(1);
  });

  it('names the authority, and brings what the host is to pin', async () => {
    const joinToken = await newToken();
    expect(joinToken).toMatch(/^join_[\w-]{43}\.[0-9a-f]{64}$/);
    expect(joinToken.split('.')[1]).toBe(certificateDigest(ca));
    const { status, body } = await redeem(enrolmentBody(joinToken, 'pinner'));
    expect([status, enrolmentAnswer.parse(body)]).toEqual([
      201,
      expect.objectContaining({ ca, generation: 1, organization: 'local', environment: 'development' }),
    ]);
  });

  it('answers the same request again, whose first answer was lost, and no other', async () => {
    const joinToken = await newToken();
    const body = enrolmentBody(joinToken, 'again');
    const first = await redeem(body);
    expect(await redeem(body)).toEqual(first);
    expect(codeOf(await redeem(enrolmentBody(joinToken, 'again')))).toBe('token_invalid');
  });

  it('replaces a known host only when it was made for it, and is not used up by a refusal', async () => {
    expect((await redeem(enrolmentBody(await newToken(), 'known'))).status).toBe(201);
    const unbound = await newToken();
    expect(codeOf(await redeem(enrolmentBody(unbound, 'known')))).toBe('host_exists');
    expect((await redeem(enrolmentBody(unbound, 'fresh'))).status).toBe(201);
    const bound = await newToken({ host_id: parseHostId('known') });
    expect(codeOf(await redeem(enrolmentBody(bound, 'somebody-else')))).toBe('token_invalid');
    expect((await redeem(enrolmentBody(bound, 'known'))).status).toBe(201);
  });

  it('expires, and lives for a quarter of an hour at most', async () => {
    const joinToken = await newToken({ expires_in_s: 60 });
    await sql`update join_tokens set expires_at = now() where used_at is null`.execute(database);
    expect(codeOf(await redeem(enrolmentBody(joinToken, 'late')))).toBe('token_invalid');
    await expect(newToken({ expires_in_s: 901 })).rejects.toThrow('900');
  });

  it('gives a host its tags, and leaves it those it had', async () => {
    const params = { host_id: parseHostId('tagged') };
    expect((await redeem(enrolmentBody(await newToken({ tags: { role: 'web' } }), 'tagged'))).status).toBe(201);
    expect((await server.api.getHost({ params })).tags).toEqual({ role: 'web' });
    await server.api.putHostTags({ params, body: { tags: { role: 'web', env: 'prod' } } });
    const again = await newToken({ ...params, tags: { role: 'db' } });
    expect((await redeem(enrolmentBody(again, 'tagged'))).status).toBe(201);
    expect((await server.api.getHost({ params })).tags).toEqual({ role: 'db', env: 'prod' });
  });

  it('is nowhere in the database or the audit', async () => {
    const joinToken = await newToken();
    await redeem(enrolmentBody(joinToken, 'discreet'));
    const { rows } = await sql<{ text: string }>`
      select j::text as text from join_tokens j union all select a::text from audit a`.execute(database);
    expect(rows.map(({ text }) => text).join('\n')).not.toContain(joinToken.slice(5, 48));
  });
});

describe('an enrolment', () => {
  it('is refused when anything of it was changed on the way, and the token stays good', async () => {
    const joinToken = await newToken();
    const body = enrolmentBody(joinToken, 'honest');
    const other = enrolmentBody(joinToken, 'honest');
    const changed = [
      { ...body, sealing_key: other.sealing_key },
      { ...body, csr: other.csr },
      { ...body, proof: other.proof },
      { ...body, host_id: 'dishonest' },
    ];
    for (const each of changed) expect(codeOf(await redeem(each))).toBe('csr_invalid');
    expect((await redeem(body)).status).toBe(201);
  });

  it('is refused cleanly when it is garbage', async () => {
    const good = enrolmentBody(await newToken(), 'fuzzed');
    const garbage = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ host_id: fc.string(), csr: fc.string() }).map((each) => JSON.stringify({ ...good, ...each })),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (text) => {
        const { status } = await redeem(text);
        expect([400, 401]).toContain(status);
      }),
      { numRuns: 50 },
    );
    expect((await redeem({ ...good, csr: 'x'.repeat(10_000) })).status).toBe(400);
    expect((await redeem('x'.repeat(20_000))).status).toBe(413);
  });
});

describe('the port', () => {
  it('answers nothing but /ca and /enroll to whoever has no certificate', async () => {
    const open = agentRoutes.filter(({ anonymous }) => anonymous).map(({ path }) => path);
    expect(open).toEqual(['/ca', '/enroll']);
    const closed = [
      ...agentRoutes.filter(({ anonymous }) => !anonymous),
      { method: 'GET', path: '/hosts/h1' },
      { method: 'GET', path: '/hosts' },
      { method: 'GET', path: '/no-such-path' },
    ];
    for (const { method, path } of closed) {
      const answer = await port(path, undefined, method);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 401, 'certificate_invalid']);
    }
  });

  it('takes no certificate of another authority, and none that is for servers', async () => {
    const hour = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
    const foreign = await issueServerCertificate(await makeAuthority(hour), hour);
    const url = server.running.agentUrl;
    const tls = { ca, key: foreign.key, cert: foreign.certificate };
    expect((await callPort({ url, path: '/hosts/h1', tls })).status).toBe(401);
  });

  it('speaks TLS 1.3 and nothing else', async () => {
    const url = server.running.agentUrl;
    const older = callPort({ url, path: '/ca', tls: { ca, maxVersion: 'TLSv1.2' } });
    await expect(older).rejects.toThrow(/protocol version|alert/);
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow('fetch failed');
    for (const bytes of [Buffer.from('GET /ca HTTP/1.1\r\nhost: a\r\n\r\n'), randomBytes(2_000)]) {
      expect(await answerTo(bytes)).not.toContain('HTTP/1.1 200');
    }
    expect((await port('/ca')).status).toBe(200);
  });

  it('is known by its name and its authority to those who verify', async () => {
    const url = server.running.agentUrl;
    const other = await makeAuthority({ notBefore: new Date(), notAfter: new Date(Date.now() + 3_600_000) });
    await expect(callPort({ url, path: '/ca', tls: { ca: other.certificate } })).rejects.toThrow('certificate');
    await expect(callPort({ url, path: '/ca', tls: { ca, servername: 'h1' } })).rejects.toThrow('altnames');
    await expect(callPort({ url, path: '/ca', tls: { ca, key: newIdentityKey() } })).resolves.toBeDefined();
  });
});

/** Until the other side ends it. */
async function answerTo(bytes: Buffer): Promise<string> {
  const { hostname, port: number } = new URL(server.running.agentUrl);
  const socket: Socket = connect(Number(number), hostname);
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.end(bytes);
  await closed;
  return heard;
}
