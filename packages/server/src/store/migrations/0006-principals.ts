/** People who log in, roles and to whom they are given, policies, and what tokens are limited to. */
import type { Migration } from './migration.ts';

export const principals: Migration = {
  name: '0006-principals',
  statements: [
    `create table users (
      user_id uuid primary key default gen_random_uuid(),
      issuer text not null,
      subject text not null,
      -- Only what the issuer says it has verified.
      email text,
      name text,
      groups text[] not null,
      last_login_at timestamptz not null default now(),
      unique (issuer, subject)
    )`,
    `alter table tokens
      add column scope jsonb,
      add column created_by text not null default 'guise server',
      -- Of a session; such a token has no roles of its own.
      add column user_id uuid references users on delete cascade`,
    // What audit and policies name must be one thing. A server's own token is one for each of its state directories.
    `update tokens t set name = left(name, 100) || '-' || left(token_id::text, 8)
      where name <> 'admin' and exists (select from tokens o where o.name = t.name and o.token_id < t.token_id)`,
    `create unique index tokens_name on tokens (name) where user_id is null and name <> 'admin'`,
    `create table role_bindings (
      role text not null,
      subject_type text not null check (subject_type in ('user', 'group', 'token')),
      -- A verified email, or 'sub:' and the issuer's id; a group; a token's id.
      subject text not null,
      granted_by text not null,
      granted_at timestamptz not null default now(),
      primary key (subject_type, subject, role)
    )`,
    // Until now every token could do everything.
    `insert into role_bindings (role, subject_type, subject, granted_by)
      select 'admin', 'token', token_id::text, 'guise server' from tokens`,
    `create table policies (
      name text primary key,
      text text not null,
      version integer not null,
      updated_by text not null,
      updated_at timestamptz not null default now()
    )`,
    // By which a process sees that it missed a change.
    'create table policy_revision (revision bigint not null)',
    'insert into policy_revision values (0)',
    `create table logins (
      -- Of the state that goes to the issuer and back; then of the code that the command line trades.
      digest text primary key,
      -- Nonce, PKCE verifier and where the command line waits, encrypted.
      sealed bytea not null,
      user_id uuid references users on delete cascade,
      expires_at timestamptz not null
    )`,
    'create index logins_expires on logins (expires_at)',
  ],
};
