/** A small fleet of two teams, for tests of who may do what with it. */
import type { Client } from '@guise/api';
import { parseHostId } from '@guise/model';
import { personaText, type TestServer } from './test-server.ts';

const fleetHosts = ['shop-1', 'shop-2', 'data-1'] as const;

type TokenBody = NonNullable<Parameters<Client['createToken']>[0]>['body'];
type TokenTerms = Omit<TokenBody, 'name'> & { readonly name?: string };

/** Each host has the tag `team`; the persona `web` is in the category web_server, `db` in database. */
export async function makeFleet(server: TestServer): Promise<void> {
  for (const host of fleetHosts) {
    await server.enrol(host);
    const [team = ''] = host.split('-');
    await server.api.putHostTags({ params: { host_id: parseHostId(host) }, body: { tags: { team } } });
  }
  await server.api.publishPersona({ body: { document: personaText('web', 1, 'category: web_server\n') } });
  await server.api.publishPersona({ body: { document: personaText('db', 1, 'category: database\n') } });
}

let made = 0;

/** Somebody with a token of these terms. */
export async function bearer(server: TestServer, terms: TokenTerms = {}): Promise<Client> {
  const { token } = await server.api.createToken({ body: { name: `t${made++}`, ...terms } });
  return server.apiOf(token);
}
