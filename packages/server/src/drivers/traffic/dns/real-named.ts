/** A real bind9 on loopback with the zone example.org, where web.example.org leads to h1 and h2, for tests. */
import { randomBytes } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DnsSettings } from '@guise/api';
import { freePort, type StartedServer, startTestServer } from '../test-servers.ts';

/** Of the records that hosts share, so that a test waits for it. */
export const sharedTtlS = 1;

export class RealNamed {
  readonly directory = mkdtempSync(join(tmpdir(), 'guise-named-'));
  readonly secret = randomBytes(32).toString('base64');
  #server: StartedServer | undefined;
  #port = 0;

  get settings(): DnsSettings {
    return {
      server: `127.0.0.1:${this.#port}`,
      zone: 'example.org',
      name: 'web.example.org',
      host: '{host_id}.example.org',
      ttl_s: sharedTtlS,
      allow_empty: false,
      key_name: 'guise',
    };
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    const file = join(this.directory, 'named.conf');
    writeFileSync(file, this.#configuration(), { mode: 0o600 });
    writeFileSync(join(this.directory, 'example.org'), zone);
    const isReady = async () => (await this.addresses('h1')).length > 0;
    this.#server = await startTestServer('named', ['-g', '-c', file], isReady);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Of a name in the zone, as anybody may ask. */
  async addresses(name: string): Promise<readonly string[]> {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${this.#port}`]);
    const found = await Promise.allSettled([
      resolver.resolve4(`${name}.example.org`),
      resolver.resolve6(`${name}.example.org`),
    ]);
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])).sort();
  }

  #configuration(): string {
    return `
key "guise" { algorithm hmac-sha256; secret "${this.secret}"; };
key "other" { algorithm hmac-sha256; secret "${this.secret}"; };
options {
  directory "${this.directory}";
  pid-file none;
  session-keyfile "${this.directory}/session.key";
  managed-keys-directory "${this.directory}";
  listen-on port ${this.#port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
};
controls { };
zone "example.org" {
  type primary;
  file "${this.directory}/example.org";
  update-policy { grant guise name web.example.org A AAAA; };
};
`;
  }
}

const zone = `$TTL 3600
@ IN SOA ns.example.org. admin.example.org. 1 3600 600 86400 60
@ IN NS ns.example.org.
ns IN A 127.0.0.1
h1 IN A 192.0.2.1
h1 IN AAAA 2001:db8::1
h2 IN A 192.0.2.2
h2 IN AAAA 2001:db8::2
h4 IN A 192.0.2.4
web ${sharedTtlS} IN A 192.0.2.1
web ${sharedTtlS} IN A 192.0.2.2
web ${sharedTtlS} IN AAAA 2001:db8::1
web ${sharedTtlS} IN AAAA 2001:db8::2
`;
