/**
 * The SQL of changes, for psql: each statement asks the catalog first, so that running it again changes nothing.
 *
 * Names are only ever constants that the server itself quotes, with `format('%I')`; `\gexec` runs what comes out.
 * Source: psql(1) `\gexec`.
 */
import type { Digest } from '@guise/model';
import type { NamedDatabase } from './index.ts';
import { literal } from './psql.ts';

/** Databases first, because a role that owns one cannot go. */
export function dropStatements(wanted: readonly NamedDatabase[]): readonly string[] {
  const leaving = wanted.filter(({ state }) => !state.present);
  const databases = leaving
    .filter(({ type }) => type === 'database')
    .flatMap(({ name }) => [dropDatabase(name), dropDatabase(copyOf(name))]);
  const roles = leaving
    .filter(({ type }) => type === 'role')
    .map(({ name }) => `select format('drop role if exists %I', ${literal(name)}) \\gexec`);
  return [...databases, ...roles];
}

/** Roles first, because a database is created for its owner. */
export function createStatements(wanted: readonly NamedDatabase[]): readonly string[] {
  const coming = wanted.filter(({ state }) => state.present);
  const roles = coming
    .filter(({ type }) => type === 'role')
    .flatMap(({ name, state }) => createRole(name, state.login !== false));
  const databases = coming
    .filter(({ type }) => type === 'database')
    .flatMap(({ name, state }) => createDatabase(name, state.owner ?? 'postgres'));
  return [...roles, ...databases];
}

/** Of a database whose schema is about to change. */
export function copyOf(name: string): string {
  return `guise_before_${name}`;
}

/**
 * A copy needs the database for itself for a moment: whoever is connected has to connect again. What belongs to a database and
 * is kept outside of it, its settings, its grants and its comment, is copied with it, because a template leaves that behind.
 */
export function copyStatements(name: string): readonly string[] {
  const [from, to] = [literal(name), literal(copyOf(name))];
  const pair = `pg_database o, pg_database c where o.datname = ${from} and c.datname = ${to}`;
  return [
    dropDatabase(copyOf(name)),
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${from} and pid <> pg_backend_pid() \\g /dev/null`,
    `select format('create database %I template %I owner %I', ${to}, datname, pg_get_userbyid(datdba)) from pg_database where datname = ${from} \\gexec`,
    `insert into pg_db_role_setting select c.oid, setrole, setconfig from pg_db_role_setting s, ${pair} and s.setdatabase = o.oid;`,
    `insert into pg_shdescription select c.oid, classoid, description from pg_shdescription d, ${pair} and d.objoid = o.oid and classoid = 'pg_database'::regclass;`,
    `update pg_database t set datacl = o.datacl from ${pair} and t.oid = c.oid;`,
  ];
}

export function swapStatements(name: string): readonly string[] {
  return [
    dropDatabase(name),
    `select format('alter database %I rename to %I', ${literal(copyOf(name))}, ${literal(name)}) \\gexec`,
  ];
}

export interface SchemaLoad {
  readonly name: string;
  readonly owner: string;
  /** Null to remember no schema and load none. */
  readonly content: string | null;
  readonly digest: Digest | null;
}

export function loadScript({ name, owner, content, digest }: SchemaLoad): string {
  const remembered =
    digest === null
      ? `select format('alter database %I reset guise.schema', ${literal(name)}) \\gexec`
      : `select format('alter database %I set guise.schema = %L', ${literal(name)}, ${literal(digest)}) \\gexec`;
  const load =
    content === null ? [] : [`select format('set role %I', ${literal(owner)}) \\gexec`, content, 'reset role;'];
  return `${[...load, remembered].join('\n')}\n`;
}

function createRole(name: string, login: boolean): readonly string[] {
  return [
    `select format('create role %I', ${literal(name)}) where not exists (select from pg_roles where rolname = ${literal(name)}) \\gexec`,
    `select format('alter role %I ${login ? 'login' : 'nologin'}', ${literal(name)}) \\gexec`,
  ];
}

function createDatabase(name: string, owner: string): readonly string[] {
  return [
    `select format('create database %I', ${literal(name)}) where not exists (select from pg_database where datname = ${literal(name)}) \\gexec`,
    `select format('alter database %I owner to %I', ${literal(name)}, ${literal(owner)}) \\gexec`,
  ];
}

function dropDatabase(name: string): string {
  return `select format('drop database if exists %I with (force)', ${literal(name)}) \\gexec`;
}
