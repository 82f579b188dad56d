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
    secrets: string[];
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
    sealing_key: string | null;
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
    secret_versions: string | null;
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
    tags: Jsonb<Record<string, string>>;
    csr_digest: string | null;
  };
  identities: {
    host_id: string;
    state: 'active' | 'locked' | 'revoked';
    generation: number;
    reason: string | null;
    changed_at: TimeNow;
  };
  host_certificates: {
    serial: string;
    host_id: string;
    generation: number;
    csr_digest: string;
    certificate: string;
    not_after: Time;
    first_used_at: Time | null;
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
    cause: string | null;
    before: string | null;
    after: string | null;
    outcome: Generated<'done' | 'denied' | 'failed'>;
  };
  trust_served: { one: Generated<boolean>; organization: string; environment: string };
  trust_roots: {
    organization: string;
    version: number;
    envelope: string;
    published_at: TimeNow;
    published_by: string;
  };
  version_envelopes: {
    persona_id: string;
    version: number;
    envelope: string;
    payload_digest: string;
    expires_at: Time;
    signers: string[];
  };
  rollback_statements: {
    id: string;
    persona_id: string;
    from_version: number;
    to_version: number;
    envelope: string;
    expires_at: Time;
    created_at: TimeNow;
    created_by: string;
  };
  rollback_targets: { persona_id: string; to_version: number; host_id: string; statement_id: string };
  audit_log: { origin: string; only_one: Generated<boolean> };
  audit_pending: { sequence: string };
  audit_leaves: { leaf_index: string; sequence: string; hash: Buffer };
  audit_nodes: { height: number; place: string; hash: Buffer };
  audit_checkpoints: { size: string; note: string; signed_at: TimeNow };
  sealed_values: { name: string; value: Buffer; updated_at: TimeNow };
  secrets: {
    name: string;
    version: number;
    updated_at: TimeNow;
    updated_by: string;
    removed_at: Time | null;
  };
  secret_versions: { name: string; version: number; value: Buffer; created_at: TimeNow };
  asks: {
    ask_id: string;
    host_id: string;
    question: Jsonb<unknown>;
    reply: Jsonb<unknown> | null;
    asked_at: TimeNow;
  };
  pools: { pool_id: string; policy: Jsonb<unknown>; created_by: string; created_at: TimeNow };
  fleet: {
    host_id: string;
    pool_id: string | null;
    state: Generated<'production' | 'draining' | 'checked_out' | 'activating' | 'idle' | 'quarantined'>;
    since: TimeNow;
    reason: string | null;
    provider: Generated<string>;
    provider_host: string | null;
    machine: string | null;
    fence: Generated<string>;
  };
  rebalanced_hosts: {
    host_id: string;
    own: Jsonb<unknown>;
    asked: Jsonb<unknown>;
    asked_before: Jsonb<unknown>;
    since: TimeNow;
  };
  activations: {
    activation_id: Generated<string>;
    sequence: Generated<string>;
    pool_id: string;
    persona_id: string;
    version: number | null;
    instance: string;
    tenant: string | null;
    parameters: Jsonb<Record<string, string | number | boolean>>;
    selector: string | null;
    share: boolean;
    need: Jsonb<{ readonly milliCores: number; readonly memoryMb: number; readonly storageMb: number }>;
    state: Generated<'pending' | 'activating' | 'returning' | 'warm' | 'active' | 'deactivating' | 'ended' | 'failed'>;
    spare: Generated<boolean>;
    host_id: string | null;
    taken_at: Time | null;
    tries: Jsonb<unknown>;
    flow_id: string | null;
    requested_by: string;
    requested_at: TimeNow;
    changed_at: TimeNow;
  };
  leases: {
    lease_id: Generated<string>;
    host_id: string;
    holder: string;
    /** `["2026-01-01 00:00:00+00","2026-01-01 04:00:00+00")`; read its ends with lower() and upper(). */
    during: string;
    fence: string | null;
    created_at: TimeNow;
    ended_at: Time | null;
  };
  checkouts: {
    checkout_id: Generated<string>;
    flow_id: string;
    holder: string;
    request: Jsonb<unknown>;
    priority: number;
    candidates: string[];
    persona_id: string | null;
    version: number | null;
    parameters: Jsonb<Record<string, string | number | boolean>>;
    state: string;
    state_since: TimeNow;
    host_id: string | null;
    lease_id: string | null;
    before: Jsonb<unknown> | null;
    fingerprint_before: Jsonb<unknown> | null;
    fingerprint_after: Jsonb<unknown> | null;
    results: Jsonb<unknown> | null;
    failure: string | null;
    evidence: Jsonb<unknown> | null;
    returned_at: Time | null;
    returned_by: string | null;
    released_by: string | null;
    created_at: TimeNow;
    ready_at: Time | null;
    ended_at: Time | null;
  };
  flows: {
    flow_id: Generated<string>;
    kind: string;
    step: string;
    data: Jsonb<unknown>;
    due_at: TimeNow;
    attempts: Generated<number>;
    claim: Generated<string>;
    claimed_until: Time | null;
    woken: Generated<boolean>;
    created_at: TimeNow;
    ended_at: Time | null;
  };
  traffic: {
    name: string;
    driver: 'haproxy' | 'dns';
    settings: Jsonb<unknown>;
    hosts: string;
    updated_by: string;
    updated_at: TimeNow;
  };
  webhooks: {
    webhook_id: Generated<string>;
    url: string;
    types: string[];
    created_by: string;
    created_at: TimeNow;
    disabled_at: Time | null;
  };
  webhook_deliveries: {
    delivery_id: Generated<string>;
    sequence: Generated<string>;
    webhook_id: string;
    event_id: string;
    type: string;
    subject: string;
    data: Jsonb<unknown> | null;
    happened_at: TimeNow;
    state: Generated<'waiting' | 'delivered' | 'failed'>;
    attempts: Generated<number>;
    due_at: TimeNow;
    claimed_until: Time | null;
    ended_at: Time | null;
    status: number | null;
    error: string | null;
  };
}
