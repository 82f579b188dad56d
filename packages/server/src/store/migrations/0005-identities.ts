/** Certificates of hosts in the place of their tokens. Hosts that enrolled with a token enrol again. */
import type { Migration } from './migration.ts';

export const identities: Migration = {
  name: '0005-identities',
  statements: [
    // 32 bytes of X25519 as base64: what secrets of this host are sealed to.
    'alter table hosts drop column agent_token_digest, add column sealing_key text',
    `alter table join_tokens drop column agent_token_digest,
      add column tags jsonb not null default '{}',
      -- Of the request that it was used for, so that its retry is told from another's.
      add column csr_digest text`,
    `create table identities (
      host_id text primary key references hosts on delete cascade,
      state text not null check (state in ('active', 'locked', 'revoked')),
      -- Of the newest certificate; each renewal counts one up.
      generation integer not null check (generation > 0),
      -- Why it is not active.
      reason text,
      changed_at timestamptz not null default now()
    )`,
    `create table host_certificates (
      serial text primary key,
      host_id text not null references identities on delete cascade,
      generation integer not null,
      -- By which the same request is known when it comes again.
      csr_digest text not null,
      certificate text not null,
      not_after timestamptz not null,
      first_used_at timestamptz,
      unique (host_id, generation)
    )`,
  ],
};
