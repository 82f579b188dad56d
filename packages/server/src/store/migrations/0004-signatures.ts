/** What authors signed and hosts verify: roots, an envelope for each version, permissions to go back. */
import type { Migration } from './migration.ts';

export const signatures: Migration = {
  name: '0004-signatures',
  statements: [
    `-- What this control plane serves; one row.
    create table trust_served (
      one boolean primary key default true check (one),
      organization text not null,
      environment text not null
    )`,
    `create table trust_roots (
      organization text not null,
      version integer not null check (version > 0),
      envelope text not null,
      published_at timestamptz not null default now(),
      published_by text not null,
      primary key (organization, version)
    )`,
    `create trigger immutable before update or delete on trust_roots
      for each row execute function refuse_change()`,
    `create table version_envelopes (
      persona_id text not null,
      version integer not null,
      -- The DSSE envelope as JSON, sent to agents as it is.
      envelope text not null,
      payload_digest text not null,
      expires_at timestamptz not null,
      -- Names of keys, as the root of then had them.
      signers text[] not null,
      primary key (persona_id, version),
      foreign key (persona_id, version) references persona_versions
    )`,
    `create trigger immutable before update or delete on version_envelopes
      for each row execute function refuse_change()`,
    // A signature that is renewed is a new version of the same content.
    'alter table persona_versions drop constraint persona_versions_persona_id_digest_key',
    `create table rollback_statements (
      id text primary key,
      persona_id text not null,
      from_version integer not null,
      to_version integer not null,
      envelope text not null,
      expires_at timestamptz not null,
      created_at timestamptz not null default now(),
      created_by text not null,
      foreign key (persona_id, to_version) references persona_versions
    )`,
    `-- The newest permission for each host, persona and version.
    create table rollback_targets (
      persona_id text not null,
      to_version integer not null,
      host_id text not null,
      statement_id text not null references rollback_statements,
      primary key (persona_id, to_version, host_id)
    )`,
  ],
};
