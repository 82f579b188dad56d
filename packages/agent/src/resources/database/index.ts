/**
 * PostgreSQL roles, databases and the schema files loaded into them, on the server of this host.
 *
 * A database is created and dropped as a whole: one that guise created takes its data along when it leaves. Which schema file was
 * loaded is remembered in the database, as its setting `guise.schema`. The file is loaded by the database's owner, in one
 * transaction with that setting, so it is there wholly or not at all.
 * What a schema file did cannot be taken back by another: before one is loaded into a database that was there, the server copies
 * the database, and an undo of that transaction puts the copy in its place. A persona that leaves later leaves the schema behind.
 * Throws: see `psql.ts`.
 * Source: PostgreSQL, "CREATE DATABASE" (templates), "ALTER DATABASE".
 */
import { type Address, type DatabaseState, type Digest, nameOf, type State } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { Adapter, ApplyContext } from '../adapter.ts';
import { ask, runPsql } from './psql.ts';
import { copyOf, copyStatements, createStatements, dropStatements, loadScript, swapStatements } from './statements.ts';

const absent: DatabaseState = { present: false, owner: null, schema: null, login: null };

interface Catalog {
  readonly roles: { readonly [name: string]: boolean };
  readonly databases: { readonly [name: string]: { readonly owner: string; readonly schema: Digest | null } };
}

const catalogQuery = `
select json_build_object(
  'roles', (select coalesce(json_object_agg(rolname, rolcanlogin), '{}') from pg_roles),
  'databases', (
    select coalesce(json_object_agg(datname, json_build_object(
      'owner', pg_get_userbyid(datdba),
      'schema', (select substr(setting, length('guise.schema=') + 1) from pg_db_role_setting, unnest(setconfig) setting
        where setdatabase = pg_database.oid and setrole = 0 and setting like 'guise.schema=%'))), '{}')
    from pg_database))`;

export interface NamedDatabase {
  readonly type: 'role' | 'database';
  readonly name: string;
  readonly state: DatabaseState;
}

export const databaseAdapter: Adapter = {
  kind: 'database',
  offline: false,

  async observe(asked, { host }) {
    const catalog = await catalogOf(host);
    return new Map(asked.map(({ address }): [Address, State] => [address, stateOf(catalog, address)]));
  },

  async apply(changes, context) {
    const { host } = context;
    const wanted = changes.map(
      ({ address, after }): NamedDatabase => ({ ...parsed(address), state: after as DatabaseState }),
    );
    const catalog = await catalogOf(host);
    // Without a server there is nothing to take away.
    if (catalog === null && wanted.every(({ state }) => !state.present)) return;
    const statements = [...dropStatements(wanted), ...createStatements(wanted)];
    await pointed(
      'roles and databases',
      () => runPsql(host, { database: 'postgres', script: statements.join('\n') }),
      context,
    );
    for (const { type, name, state } of wanted) {
      const before = catalog?.databases[name];
      if (type !== 'database' || !state.present || state.schema === (before?.schema ?? null)) continue;
      await setSchema(
        { name, state, isNew: before === undefined, hasCopy: catalog?.databases[copyOf(name)] !== undefined },
        context,
      );
    }
  },
};

interface SchemaChange {
  readonly name: string;
  readonly state: DatabaseState;
  readonly isNew: boolean;
  readonly hasCopy: boolean;
}

async function setSchema({ name, state, isNew, hasCopy }: SchemaChange, context: ApplyContext): Promise<void> {
  const { host, blobs } = context;
  if (context.undoing && hasCopy) {
    await pointed(
      'return of a copy',
      () => runPsql(host, { database: 'postgres', script: swapStatements(name).join('\n') }),
      context,
    );
    return;
  }
  if (!isNew && !context.undoing) {
    await pointed(
      'copy',
      () => runPsql(host, { database: 'postgres', script: copyStatements(name).join('\n') }),
      context,
    );
  }
  const content = state.schema === null ? null : new TextDecoder().decode(blobs.get(state.schema));
  const script = loadScript({ name, owner: state.owner ?? 'postgres', content, digest: state.schema });
  await pointed('schema', () => runPsql(host, { database: name, script, singleTransaction: true }), context);
}

async function catalogOf(host: Host): Promise<Catalog | null> {
  const answer = await ask(host, catalogQuery);
  return answer === null ? null : (JSON.parse(answer) as Catalog);
}

function stateOf(catalog: Catalog | null, address: Address): DatabaseState {
  const { type, name } = parsed(address);
  if (type === 'role') {
    const login = catalog?.roles[name];
    return login === undefined ? absent : { ...absent, present: true, login };
  }
  const found = catalog?.databases[name];
  return found === undefined ? absent : { ...absent, present: true, owner: found.owner, schema: found.schema };
}

/** `database:postgresql/role/shop` → role, shop. */
function parsed(address: Address): { readonly type: 'role' | 'database'; readonly name: string } {
  const [, type, ...name] = nameOf(address).split('/');
  return { type: type === 'role' ? 'role' : 'database', name: name.join('/') };
}

async function pointed(name: string, step: () => Promise<void>, { point }: ApplyContext): Promise<void> {
  point(`database: before ${name}`);
  await step();
  point(`database: after ${name}`);
}
