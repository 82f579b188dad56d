/** Secrets: values that hosts need and nobody else may read. */
import type { Migration } from './migration.ts';

export const secrets: Migration = {
  name: '0008-secrets',
  statements: [
    // A name that was removed keeps its version, because versions never go down on hosts.
    `create table secrets (
      name text primary key,
      version integer not null check (version > 0),
      updated_at timestamptz not null default now(),
      updated_by text not null,
      removed_at timestamptz
    )`,
    `create table secret_versions (
      name text not null references secrets on delete cascade,
      version integer not null,
      -- By @guise/trust/ciphers under the master key, bound to the name and the version.
      value bytea not null,
      created_at timestamptz not null default now(),
      primary key (name, version)
    )`,
    // The names that its documents have, its parents' included.
    `alter table persona_versions add column secrets text[] not null default '{}'`,
    'create index persona_versions_secrets on persona_versions using gin (secrets)',
    // Of the secrets that a generation was made with: a new version is a new generation of the same content.
    'alter table desired add column secret_versions text',
    'alter table hosts add column if not exists sealing_key text',
  ],
};
