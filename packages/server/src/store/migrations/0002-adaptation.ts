/** Persona groups as a way to hosts, events on their way, and what hosts say of their candidates, holds and alerts. */
import { fillSubscriptions } from '../event-subscriptions.ts';
import type { Migration } from './migration.ts';

export const adaptation: Migration = {
  name: '0002-adaptation',
  statements: [
    "alter table persona_group_members add column added_by text not null default 'unknown'",
    `-- Whichever side named the group: PUT /persona-groups/{group}, or the document's current version.
    create view persona_group_personas as
      select m.group_name, m.persona_id, m.added_by from persona_group_members m join personas p using (persona_id)
        where p.deleted_at is null
      union all
      select g.group_name, v.persona_id, v.published_by from personas p
        join persona_versions v on v.persona_id = p.persona_id and v.version = p.current_version
        cross join lateral unnest(v.persona_groups) as g(group_name)
        where p.deleted_at is null and not exists (
          select from persona_group_members m where m.group_name = g.group_name and m.persona_id = v.persona_id)`,
    `create table event_subscriptions (
      persona_id text not null,
      version integer not null,
      -- Patterns of LIKE; what depends on parameters or the host matches anything.
      type_pattern text not null,
      source_pattern text not null,
      primary key (persona_id, version, type_pattern, source_pattern),
      foreign key (persona_id, version) references persona_versions
    )`,
    `-- By which an event that comes again is known.
    create table event_keys (
      key text primary key,
      accepted_at timestamptz not null default now()
    )`,
    'create index event_keys_accepted on event_keys (accepted_at)',
    `-- On their way to hosts, for a minute. Lost in a crash, as their senders' connections are.
    create unlogged table events (
      sequence bigint generated always as identity primary key,
      event text not null,
      posted_at timestamptz not null default now()
    )`,
    `create table host_adaptations (
      host_id text primary key references hosts on delete cascade,
      candidates jsonb not null,
      holds jsonb not null,
      reported_at timestamptz not null default now()
    )`,
    `create table alerts (
      alert_id bigint generated always as identity primary key,
      host_id text not null references hosts on delete cascade,
      key text not null,
      type text not null,
      severity text not null,
      instance text,
      message text not null,
      raised_at timestamptz not null,
      cleared_at timestamptz,
      unique (host_id, key, raised_at)
    )`,
    'create index alerts_active on alerts (host_id) where cleared_at is null',
  ],
  fill: fillSubscriptions,
};
