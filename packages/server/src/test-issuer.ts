/** A real identity provider on this machine, and a browser that logs in there, for tests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A provider of the package oidc-provider, which only tests depend on. */
type MakeProvider = (
  url: string,
  configuration: typeof settings & { readonly findAccount: (context: unknown, id: string) => FoundAccount | undefined },
) => { callback(): (request: IncomingMessage, response: ServerResponse) => unknown };

interface FoundAccount {
  readonly [key: string]: unknown;
  readonly accountId: string;
  claims(): Promise<{ sub: string }>;
}

export interface Account {
  readonly email: string;
  readonly email_verified: boolean;
  readonly groups: readonly string[];
}

const hopsMax = 20;
const clientId = 'guise';

const settings = {
  clients: [
    {
      client_id: clientId,
      // On any port of this machine. Source: RFC 8252, 7.3.
      application_type: 'native' as const,
      redirect_uris: ['http://127.0.0.1/auth/callback'],
      token_endpoint_auth_method: 'none' as const,
      grant_types: ['authorization_code'],
      response_types: ['code' as const],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  cookies: { keys: ['for-tests'] },
};

export class TestIssuer {
  readonly clientId = clientId;
  readonly accounts = new Map<string, Account>();
  readonly #make: MakeProvider;
  #server: Server | undefined;
  url = '';

  constructor(make: MakeProvider) {
    this.#make = make;
  }

  async start(): Promise<void> {
    const server = createServer();
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = this.#make(this.url, {
      ...settings,
      findAccount: (_context, id) => {
        const account = this.accounts.get(id);
        if (account === undefined) return undefined;
        return { accountId: id, claims: async () => ({ sub: id, name: id, ...account, groups: [...account.groups] }) };
      },
    });
    const answer = provider.callback();
    server.on('request', (request, response) => void answer(request, response));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

/** Follows redirections and fills in the provider's forms, as a person would. */
export class TestBrowser {
  readonly #cookies = new Map<string, string>();

  /** The last address that is not the provider's: where the browser was sent in the end. */
  async logIn(start: string, account: string, isEnd: (url: URL) => boolean): Promise<URL> {
    let [url, init]: [URL, Omit<RequestInit, 'headers'>] = [new URL(start), {}];
    for (let hops = 0; hops < hopsMax; hops++) {
      if (isEnd(url)) return url;
      const response = await this.fetch(url, init);
      const location = response.headers.get('location');
      if (location !== null) [url, init] = [new URL(location, url), {}];
      else [url, init] = formOf(await response.text(), url, account);
    }
    throw new Error(`The login did not end within ${hopsMax} steps`);
  }

  async fetch(url: URL, init: Omit<RequestInit, 'headers'> = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }
}

function formOf(page: string, url: URL, account: string): [URL, Omit<RequestInit, 'headers'>] {
  const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
  if (action === undefined) throw new Error(`${url.href} has no form: ${page.slice(0, 500)}`);
  const body = new URLSearchParams({ login: account, password: 'any' });
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
    body.set(name, value);
  }
  return [new URL(action, url), { method: 'POST', body }];
}
