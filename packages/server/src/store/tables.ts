/** The tables as Kysely knows them. Column names are the wire's; what each holds is said where it is created, in migrations/. */
import type { ColumnType, Generated } from 'kysely';

/** Written as JSON text, read as a value. */
type Jsonb<Value> = ColumnType<Value, string, string>;
type Time = ColumnType<Date, Date | string, Date | string>;
type TimeNow = ColumnType<Date, Date | string | undefined, Date | string>;

export interface Tables {
  personas: {
    persona_id: string;
    current_version: number;
    last_version: number;
    updated_at: TimeNow;
    deleted_at: Time | null;
  };
  persona_versions: {
    persona_id: string;
    version: number;
    digest: string;
    persona_name: string | null;
    category: string | null;
    persona_groups: string[];
    priority: number;
    content: string;
    published_at: TimeNow;
    published_by: string;
  };
  persona_group_members: { group_name: string; persona_id: string; added_by: string };
  event_subscriptions: { persona_id: string; version: number; type_pattern: string; source_pattern: string };
  event_keys: { key: string; accepted_at: TimeNow };
  events: { sequence: Generated<string>; event: string; posted_at: TimeNow };
  hosts: {
    host_id: string;
    tags: Jsonb<Record<string, string>>;
    facts: Jsonb<Record<string, string | number>>;
    agent_version: string | null;
    agent_token_digest: string | null;
    enrolled_at: TimeNow;
    last_seen_at: Time | null;
    replica_id: string | null;
  };
  host_group_members: { group_name: string; host_id: string };
  assignments: {
    target_type: 'host' | 'tag' | 'group';
    target: string;
    instance: string;
    persona_id: string;
    parameters: Jsonb<Record<string, string | number | boolean>>;
    priority: number | null;
    version: number | null;
    assigned_by: string;
    assigned_at: TimeNow;
  };
  desired: {
    host_id: string;
    generation: Generated<number>;
    digest: string | null;
    refused: string | null;
    suspended_digest: string | null;
    suspended_at: Time | null;
    applied_generation: number | null;
    outcome: Jsonb<unknown> | null;
  };
  host_states: { host_id: string; report: Jsonb<unknown>; reported_at: TimeNow };
  host_adaptations: { host_id: string; candidates: Jsonb<unknown>; holds: Jsonb<unknown>; reported_at: TimeNow };
  alerts: {
    alert_id: Generated<string>;
    host_id: string;
    key: string;
    type: string;
    severity: string;
    instance: string | null;
    message: string;
    raised_at: Time;
    cleared_at: Time | null;
  };
  transactions: { host_id: string; transaction_id: string; report: Jsonb<unknown>; received_at: TimeNow };
  join_tokens: {
    digest: string;
    host_id: string | null;
    expires_at: Time;
    created_by: string;
    created_at: TimeNow;
    used_at: Time | null;
    used_by: string | null;
    agent_token_digest: string | null;
  };
  tokens: {
    token_id: Generated<string>;
    name: string;
    digest: string;
    created_at: TimeNow;
    expires_at: Time | null;
    scope: Jsonb<unknown> | null;
    created_by: string;
    user_id: string | null;
  };
  users: {
    user_id: Generated<string>;
    issuer: string;
    subject: string;
    email: string | null;
    name: string | null;
    groups: string[];
    last_login_at: TimeNow;
  };
  role_bindings: {
    role: string;
    subject_type: 'user' | 'group' | 'token';
    subject: string;
    granted_by: string;
    granted_at: TimeNow;
  };
  policies: { name: string; text: string; version: number; updated_by: string; updated_at: TimeNow };
  policy_revision: { revision: string };
  logins: { digest: string; sealed: Buffer; user_id: string | null; expires_at: Time };
  audit: {
    sequence: Generated<string>;
    at: TimeNow;
    actor: string;
    action: string;
    resource: string;
    detail: Jsonb<unknown>;
  };
  sealed_values: { name: string; value: Buffer; updated_at: TimeNow };
  asks: {
    ask_id: string;
    host_id: string;
    question: Jsonb<unknown>;
    reply: Jsonb<unknown> | null;
    asked_at: TimeNow;
  };
}
