/** The audit trail becomes a Merkle log: each entry gets a leaf, and checkpoints of the whole are signed. */
import type { Migration } from './migration.ts';

const logTables = ['audit', 'audit_log', 'audit_leaves', 'audit_nodes', 'audit_checkpoints'];

export const auditLog: Migration = {
  name: '0007-audit-log',
  statements: [
    `alter table audit
      add column cause text,
      add column before text,
      add column after text,
      add column outcome text not null default 'done' check (outcome in ('done', 'denied', 'failed')),
      alter column at set default date_trunc('milliseconds', now())`,
    'create index audit_actor on audit (actor, sequence)',
    'create index audit_action on audit (action, sequence)',
    'create index audit_at on audit (at)',
    `-- The one log of this database.
    create table audit_log (
      origin text primary key,
      only_one boolean not null default true unique check (only_one)
    )`,
    `-- Entries that have no place in the log yet. What commits late waits here for the next round, so none is passed over.
    create table audit_pending (sequence bigint primary key)`,
    `create table audit_leaves (
      leaf_index bigint primary key check (leaf_index >= 0),
      sequence bigint not null unique references audit,
      hash bytea not null check (length(hash) = 32)
    )`,
    `-- Of every whole subtree of 256, 65,536, … leaves. Hashes between are made of at most 128 of these or of leaves.
    create table audit_nodes (
      height integer not null,
      place bigint not null,
      hash bytea not null check (length(hash) = 32),
      primary key (height, place)
    )`,
    `create table audit_checkpoints (
      size bigint primary key check (size > 0),
      note text not null,
      signed_at timestamptz not null default now()
    )`,
    `create function await_place() returns trigger language plpgsql as $$
      begin
        insert into audit_pending select sequence from added;
        return null;
      end $$`,
    `create trigger awaits_place after insert on audit
      referencing new table as added for each statement execute function await_place()`,
    'insert into audit_pending select sequence from audit',
    'drop trigger immutable on audit',
    // "always", because a session can switch ordinary triggers off.
    ...logTables.flatMap((table) => [
      `create trigger immutable before update or delete on ${table} for each row execute function refuse_change()`,
      `create trigger kept before truncate on ${table} for each statement execute function refuse_change()`,
      `alter table ${table} enable always trigger immutable`,
      `alter table ${table} enable always trigger kept`,
    ]),
    'alter table audit enable always trigger awaits_place',
  ],
};
