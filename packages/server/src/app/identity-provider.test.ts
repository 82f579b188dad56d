/**
 * ID tokens of an issuer that is wrong, or not the one that it says it is. The issuer is ours, on this machine, and does what each test
 * asks; the right ones are those of a real provider, in http/login.pg.test.ts.
 */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type IdentityProvider, type LoginSecrets, newLoginSecrets, openProvider } from './identity-provider.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };
const callback = 'http://127.0.0.1:7070/auth/callback';

let server: Server;
let issuer: string;
let provider: IdentityProvider;
let secrets: LoginSecrets;
/** What the issuer answers at its token endpoint. */
let idToken: string;
let metadata: Record<string, unknown>;
/** What was shown at the token endpoint. */
let shown: { authorization: string | undefined; body: URLSearchParams };

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') return void response.end(JSON.stringify(metadata));
    if (request.url === '/jwks') return void response.end(JSON.stringify({ keys: [jwk] }));
    if (request.url === '/token') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = new URLSearchParams(Buffer.concat(chunks).toString());
        shown = { authorization: request.headers.authorization, body };
      });
      const answer = { access_token: 'a', token_type: 'bearer', expires_in: 60, id_token: idToken };
      return void response.end(JSON.stringify(answer));
    }
    response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

beforeEach(() => {
  metadata = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    // What an issuer says that it would sign with decides nothing.
    id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
  };
  provider = openProvider({ issuer, clientId: 'guise', allowOutbound: [] });
  secrets = newLoginSecrets();
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, sub: 's1', aud: 'guise', iat: now, exp: now + 300, nonce: secrets.nonce, ...more };
}

function signed(
  payload: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key: KeyObject = rsa.privateKey,
): string {
  const text = `${encode({ alg: 'RS256', kid: 'k1', ...header })}.${encode(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function finish(token: string, query: Record<string, string> = {}) {
  idToken = token;
  const url = new URL(callback);
  for (const [name, value] of Object.entries({ code: 'c', state: secrets.state, ...query }))
    url.searchParams.set(name, value);
  return provider.finish(secrets, url);
}

const isRefused = { code: 'login_failed' };

describe('a login', () => {
  it('goes to the issuer with PKCE, state and nonce', async () => {
    const url = new URL(await provider.begin(secrets, callback));
    expect(url.origin + url.pathname).toBe(`${issuer}/auth`);
    const query = Object.fromEntries(url.searchParams);
    expect(query).toMatchObject({ client_id: 'guise', response_type: 'code', redirect_uri: callback });
    expect(query).toMatchObject({ state: secrets.state, nonce: secrets.nonce, code_challenge_method: 'S256' });
    expect(query['code_challenge']).not.toBe(secrets.verifier);
  });

  it('tells who it was', async () => {
    const token = signed(
      claims({ email: 'Alice@Example.com', email_verified: true, name: 'Alice', groups: ['sre', 7] }),
    );
    expect(await finish(token)).toEqual({
      issuer,
      subject: 's1',
      email: 'alice@example.com',
      name: 'Alice',
      groups: ['sre'],
    });
  });

  it.each([false, 'true', undefined])('does not believe an address that is verified %j', async (email_verified) => {
    expect((await finish(signed(claims({ email: 'admin@example.com', email_verified })))).email).toBeNull();
  });

  it.each(['sub:alice', 'sub:alice@example.com', 'https://i#s@x', 'alice', 'a b@c', 'a@b@c'])(
    'does not take %j for an address',
    async (email) => {
      expect((await finish(signed(claims({ email, email_verified: true })))).email).toBeNull();
    },
  );

  it('takes one group for a list, and refuses too many', async () => {
    expect((await finish(signed(claims({ groups: 'sre' })))).groups).toEqual(['sre']);
    await expect(
      finish(signed(claims({ groups: Array.from({ length: 501 }, (_, each) => `g${each}`) }))),
    ).rejects.toMatchObject(isRefused);
  });
});

describe('the secret of a client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guise-oidc-'));
  const clientSecretFile = join(folder, 'secret');
  writeFileSync(clientSecretFile, 's3cret\n');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [undefined, 'Basic Z3Vpc2U6czNjcmV0', null],
    [['client_secret_basic', 'client_secret_post'], 'Basic Z3Vpc2U6czNjcmV0', null],
    [['client_secret_post'], undefined, 's3cret'],
  ])('is shown as the issuer wants it: %j', async (methods, authorization, secret) => {
    if (methods !== undefined) metadata['token_endpoint_auth_methods_supported'] = methods;
    provider = openProvider({ issuer, clientId: 'guise', clientSecretFile, allowOutbound: [] });
    await finish(signed(claims()));
    expect([shown.authorization, shown.body.get('client_secret')]).toEqual([authorization, secret]);
    expect(shown.body.get('code_verifier')).toBe(secrets.verifier);
  });
});

describe('an ID token is refused', () => {
  const second = 1000;
  const at = (ms: number) => Math.floor((Date.now() + ms) / second);

  it.each<readonly [string, () => string]>([
    ['of another issuer', () => signed(claims({ iss: 'https://other.example' }))],
    ['for another client', () => signed(claims({ aud: 'somebody-else' }))],
    ['for another client beside us', () => signed(claims({ aud: ['guise', 'other'], azp: 'other' }))],
    ['with another nonce', () => signed(claims({ nonce: 'x' }))],
    ['without a nonce', () => signed(claims({ nonce: undefined }))],
    ['that has expired', () => signed(claims({ exp: at(-60 * second) }))],
    ['without an end', () => signed(claims({ exp: undefined }))],
    ['that begins later', () => signed(claims({ nbf: at(600 * second) }))],
    ['without a subject', () => signed(claims({ sub: undefined }))],
    ['that a stranger signed', () => signed(claims(), {}, stranger.privateKey)],
    ['that a key signed which the issuer has not', () => signed(claims(), { kid: 'k2' }, stranger.privateKey)],
    ['that nobody signed', () => `${encode({ alg: 'none' })}.${encode(claims())}.`],
    ['that nobody signed, in other letters', () => `${encode({ alg: 'NoNe', kid: 'k1' })}.${encode(claims())}.`],
    ['that was signed with the public key as a secret', () => hmacSigned('HS256')],
    ['that was signed with nothing as a secret', () => hmacSigned('HS256', '')],
    ['with a critical extension that nobody knows', () => signed(claims(), { crit: ['x'], x: 1 })],
    ['that is not one', () => 'x'],
    ['that is empty', () => ''],
  ])('%s', async (_why, token) => {
    await expect(finish(token())).rejects.toMatchObject(isRefused);
  });

  it('whichever byte of it was changed', async () => {
    const token = signed(claims({ email: 'alice@example.com', email_verified: true }));
    expect(await finish(token)).toMatchObject({ subject: 's1' });
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const bytes = Buffer.from(token);
        bytes[place] = (bytes[place] ?? 0) ^ flip;
        const changed = bytes.toString('latin1');
        // The last digit of base64 has bits that mean nothing.
        fc.pre(!isSameJwt(changed, token));
        await expect(finish(changed)).rejects.toMatchObject(isRefused);
      }),
      { numRuns: 150 },
    );
  });

  it('whatever else it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map((parts) => parts.join('.')),
        ),
        async (text) => {
          await expect(finish(text)).rejects.toMatchObject(isRefused);
        },
      ),
      { numRuns: 100 },
    );
  });

  function hmacSigned(alg: string, secret = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()): string {
    const text = `${encode({ alg, kid: 'k1' })}.${encode(claims())}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  }
});

describe('a browser that comes back is refused', () => {
  it('with another state, or none', async () => {
    await expect(finish(signed(claims()), { state: randomBytes(32).toString('base64url') })).rejects.toMatchObject(
      isRefused,
    );
    await expect(finish(signed(claims()), { state: '' })).rejects.toMatchObject(isRefused);
  });

  it('from another issuer than it was sent to', async () => {
    await expect(finish(signed(claims()), { iss: 'https://other.example' })).rejects.toMatchObject(isRefused);
    expect(await finish(signed(claims()), { iss: issuer })).toMatchObject({ subject: 's1' });
  });

  it('without saying from which issuer, when that issuer always says so', async () => {
    metadata['authorization_response_iss_parameter_supported'] = true;
    await expect(finish(signed(claims()))).rejects.toMatchObject(isRefused);
  });

  it('when the issuer says no', async () => {
    const url = new URL(`${callback}?error=access_denied&state=${secrets.state}`);
    await expect(provider.finish(secrets, url)).rejects.toMatchObject(isRefused);
  });
});

describe('an issuer', () => {
  it('that says it is another is refused', async () => {
    metadata['issuer'] = 'https://other.example';
    await expect(provider.begin(secrets, callback)).rejects.toMatchObject(isRefused);
  });

  it('whose keys or endpoints are where nobody may go is refused', async () => {
    metadata['token_endpoint'] = 'http://169.254.169.254/token';
    await expect(finish(signed(claims()))).rejects.toMatchObject({ code: 'address_refused' });
    provider = openProvider({ issuer, clientId: 'guise', allowOutbound: [] });
    metadata['token_endpoint'] = `${issuer}/token`;
    metadata['jwks_uri'] = 'https://10.0.0.1/jwks';
    await expect(finish(signed(claims()))).rejects.toMatchObject({ code: 'address_refused' });
  });

  it('that is away is asked again next time', async () => {
    const kept = metadata;
    metadata = {};
    await expect(provider.begin(secrets, callback)).rejects.toMatchObject(isRefused);
    metadata = kept;
    expect(await provider.begin(secrets, callback)).toContain(issuer);
  });

  it('with a secret that cannot be read is not begun with', () => {
    const clientSecretFile = '/nowhere/secret';
    expect(() => openProvider({ issuer, clientId: 'guise', clientSecretFile, allowOutbound: [] })).toThrow(
      clientSecretFile,
    );
  });

  it.each(['http://login.example.com', 'ftp://x', 'x', ''])('%j is none', (text) => {
    expect(() => openProvider({ issuer: text, clientId: 'guise', allowOutbound: [] })).toThrow(
      expect.objectContaining({ code: 'argument_invalid' }),
    );
  });
});

function isSameJwt(one: string, other: string): boolean {
  const bytesOf = (token: string) =>
    token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.');
  return bytesOf(one) === bytesOf(other);
}
