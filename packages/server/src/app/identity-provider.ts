/**
 * The identity provider that people log in with: any issuer of OpenID Connect.
 *
 * An ID token counts when its issuer, audience, nonce and times are right and a key of the issuer has signed it; `none` and keys
 * that both sides would know do not count. Nothing is asked of the issuer before somebody logs in, so it may be away when we start.
 * Throws: `login_failed`, and what a guarded fetch throws.
 * Source: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9207 (which issuer answers).
 */
import { readFileSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import * as oidc from 'openid-client';
import { guardedFetch, isLoopbackName } from '../outbound/guarded-fetch.ts';

export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  /** Default `groups`. */
  readonly groupsClaim?: string;
  /** Networks, beside public addresses, in which it and what it refers to may be. */
  readonly allowOutbound: readonly string[];
}

export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** Lower-case, and only if the issuer has verified it. */
  readonly email: string | null;
  readonly name: string | null;
  readonly groups: readonly string[];
}

/** What must be known again when the browser comes back. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface IdentityProvider {
  /** Where to send the browser. */
  begin(secrets: LoginSecrets, redirectUri: string): Promise<string>;
  /** Who it was, by the query with which the browser came back. */
  finish(secrets: LoginSecrets, callback: URL): Promise<Identity>;
}

export function newLoginSecrets(): LoginSecrets {
  return { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
}

/** Throws: `argument_invalid` for an issuer that cannot be one, or a secret that cannot be read. */
export function openProvider(options: ProviderOptions): IdentityProvider {
  const issuer = issuerUrl(options.issuer);
  const auth = options.clientSecretFile === undefined ? oidc.None() : withSecret(readSecret(options.clientSecretFile));
  const configuration = freshly(() => discover(issuer, auth, options));
  return {
    begin: async ({ state, nonce, verifier }, redirect_uri) => {
      const config = await configuration();
      const known = config.serverMetadata().scopes_supported ?? [];
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: ['openid', 'email', 'profile', ...(known.includes('groups') ? ['groups'] : [])].join(' '),
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return url.href;
    },
    finish: async ({ state, nonce, verifier }, callback) => {
      const config = await configuration();
      try {
        const tokens = await oidc.authorizationCodeGrant(config, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new GuiseError('login_failed', 'Cannot log in: the issuer sent no ID token');
        const more =
          config.serverMetadata().userinfo_endpoint === undefined
            ? {}
            : await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
        return identityOf({ ...more, ...claims }, options.groupsClaim ?? 'groups');
      } catch (cause) {
        throw loginFailed(cause);
      }
    },
  };
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read the client’s secret in ${file}`, { cause });
  }
}

async function discover(issuer: URL, auth: oidc.ClientAuth, options: ProviderOptions): Promise<oidc.Configuration> {
  const { allowOutbound: allow, clientId } = options;
  try {
    const config = await oidc.discovery(
      issuer,
      clientId,
      { [oidc.clockTolerance]: limits.issuerClockToleranceS },
      auth,
      {
        [oidc.customFetch]: guardedFetch({ configured: issuer, allow }) as unknown as oidc.CustomFetch,
        ...(issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}),
      },
    );
    // Over TLS a signature is optional; here it is not.
    oidc.enableNonRepudiationChecks(config);
    return config;
  } catch (cause) {
    throw loginFailed(cause);
  }
}

/** RFC 6749 wants every issuer to know Basic; some know only the other. */
function withSecret(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const known = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (known.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}

/** Kept for `limits.issuerFreshMs`; a failure is not kept. */
function freshly(make: () => Promise<oidc.Configuration>): () => Promise<oidc.Configuration> {
  let made: Promise<oidc.Configuration> | null = null;
  let atMs = 0;
  return () => {
    if (made === null || performance.now() - atMs > limits.issuerFreshMs) {
      atMs = performance.now();
      made = make();
      made.catch(() => {
        made = null;
      });
    }
    return made;
  };
}

function identityOf(claims: Readonly<Record<string, unknown>>, groupsClaim: string): Identity {
  const text = (name: string, chars: number) => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' && value.length <= chars && !/[\p{Cc}\p{Cs}]/u.test(value)
      ? value
      : null;
  };
  const [issuer, subject] = [text('iss', 1024), text('sub', 255)];
  if (issuer === null || subject === null)
    throw new GuiseError('login_failed', 'Cannot log in: the issuer names nobody');
  const groups = [claims[groupsClaim] ?? []].flat().filter((group) => typeof group === 'string');
  if (groups.length > limits.groupsPerUser) {
    throw new GuiseError('login_failed', `Cannot log in: the issuer names more than ${limits.groupsPerUser} groups`);
  }
  return {
    issuer,
    subject,
    email: claims['email_verified'] === true ? addressOf(text('email', 320)) : null,
    name: text('name', 255),
    groups: groups.filter((group) => /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(group)),
  };
}

/** What could be taken for `sub:ID` or `ISSUER#SUBJECT` is no address. */
function addressOf(text: string | null): string | null {
  return text !== null && /^[^\s:#@]+@[^\s:#@]+$/.test(text) ? text.toLowerCase() : null;
}

function issuerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackName(url.hostname))))
    return url;
  throw new GuiseError('argument_invalid', `Cannot use the issuer "${text}": it must be an https URL`);
}

/** What the issuer or an attacker did wrong goes to the log; the browser is told that it failed. */
function loginFailed(cause: unknown): GuiseError {
  if (cause instanceof GuiseError) return cause;
  const reason =
    cause instanceof Error
      ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}`
      : String(cause);
  if (cause instanceof Error && cause.cause instanceof GuiseError) return cause.cause;
  return new GuiseError('login_failed', 'Cannot log in: the identity provider’s answer does not hold', {
    detail: reason,
    cause,
  });
}
