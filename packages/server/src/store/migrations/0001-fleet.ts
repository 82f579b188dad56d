/** Personas, hosts, assignments, reports, tokens and the audit trail. */
import type { Migration } from './migration.ts';

export const fleet: Migration = {
  name: '0001-fleet',
  statements: [
    `create table personas (
      persona_id text primary key,
      current_version integer not null,
      -- Never counts down, not even when the persona is deleted and published again.
      last_version integer not null,
      updated_at timestamptz not null default now(),
      deleted_at timestamptz
    )`,
    `create table persona_versions (
      persona_id text not null references personas,
      version integer not null check (version > 0),
      -- Over the documents alone: where they were read from makes no new version.
      digest text not null,
      persona_name text,
      category text,
      persona_groups text[] not null,
      -- What layers of it have when their assignment says nothing.
      priority integer not null,
      -- The resolved persona as canonical JSON, sent to agents as it is.
      content text not null,
      published_at timestamptz not null default now(),
      published_by text not null,
      primary key (persona_id, version),
      unique (persona_id, digest)
    )`,
    `alter table personas add foreign key (persona_id, current_version)
      references persona_versions deferrable initially deferred`,
    `create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception '% is append-only', tg_table_name; end $$`,
    `create trigger immutable before update or delete on persona_versions
      for each row execute function refuse_change()`,
    `create table persona_group_members (
      group_name text not null,
      persona_id text not null references personas,
      primary key (group_name, persona_id)
    )`,
    `create table hosts (
      host_id text primary key,
      tags jsonb not null default '{}',
      facts jsonb not null default '{}',
      agent_version text,
      agent_token_digest text unique,
      enrolled_at timestamptz not null default now(),
      last_seen_at timestamptz,
      -- The server process that has its connection.
      replica_id uuid
    ) with (fillfactor = 70)`,
    'create index hosts_tags on hosts using gin (tags jsonb_path_ops)',
    `create table host_group_members (
      group_name text not null,
      host_id text not null references hosts on delete cascade,
      primary key (group_name, host_id)
    )`,
    'create index host_group_members_host on host_group_members (host_id)',
    `create table assignments (
      target_type text not null check (target_type in ('host', 'tag', 'group')),
      target text not null,
      instance text not null,
      persona_id text not null references personas,
      parameters jsonb not null,
      priority integer,
      -- Null follows the current version.
      version integer,
      assigned_by text not null,
      assigned_at timestamptz not null default now(),
      primary key (target_type, target, instance),
      foreign key (persona_id, version) references persona_versions
    )`,
    'create index assignments_persona on assignments (persona_id)',
    `create table desired (
      host_id text primary key references hosts on delete cascade,
      generation integer not null default 0,
      digest text,
      refused text,
      -- Rolled back by hand while this was desired; nothing is sent until it is no more.
      suspended_digest text,
      suspended_at timestamptz,
      applied_generation integer,
      -- What the generation that the agent last tried came to.
      outcome jsonb
    ) with (fillfactor = 70)`,
    `create table host_states (
      host_id text primary key references hosts on delete cascade,
      report jsonb not null,
      reported_at timestamptz not null default now()
    )`,
    `create table transactions (
      host_id text not null references hosts on delete cascade,
      transaction_id text not null,
      report jsonb not null,
      received_at timestamptz not null default now(),
      primary key (host_id, transaction_id)
    )`,
    `create table join_tokens (
      digest text primary key,
      host_id text,
      expires_at timestamptz not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      used_at timestamptz,
      used_by text,
      -- Of the agent that used it, so that its retry is told from another's.
      agent_token_digest text
    )`,
    `create table tokens (
      token_id uuid primary key default gen_random_uuid(),
      name text not null,
      digest text not null unique,
      created_at timestamptz not null default now(),
      expires_at timestamptz
    )`,
    `create table audit (
      sequence bigint generated always as identity primary key,
      at timestamptz not null default now(),
      actor text not null,
      action text not null,
      resource text not null,
      detail jsonb not null
    )`,
    'create index audit_resource on audit (resource, sequence)',
    'create trigger immutable before update or delete on audit for each row execute function refuse_change()',
    `-- Questions to agents that another process of ours is connected to. Lost in a crash, as their askers are.
    create unlogged table asks (
      ask_id uuid primary key,
      host_id text not null,
      question jsonb not null,
      reply jsonb,
      asked_at timestamptz not null default now()
    )`,
  ],
};
