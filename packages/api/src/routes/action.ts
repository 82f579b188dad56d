/** Cedar action names: what may be permitted. Reading and each way of changing are apart; several routes may share one. */
export const actions = [
  'system:read',
  'persona:read',
  'persona:publish',
  'persona:delete',
  'persona:rollback',
  'persona_group:write',
  'host:read',
  'host:tag',
  'host:assign',
  'host:rollback',
  'host:hold',
  'host:delete',
  'host:revoke',
  'host:release',
  'checkout:read',
  'checkout:request',
  'checkout:extend',
  'checkout:checkin',
  'host:provide',
  'pool:read',
  'pool:write',
  'pool:activate',
  'host_group:write',
  'host:enroll',
  'root:write',
  'secret:read',
  'secret:write',
  'token:read',
  'token:write',
  'role:read',
  'role:write',
  'policy:read',
  'policy:write',
  'session:read',
  'session:write',
  'event:post',
  'alert:read',
  'traffic:read',
  'traffic:write',
  'traffic:drain',
  'webhook:read',
  'webhook:write',
  'audit:read',
] as const;

export type Action = (typeof actions)[number];

/** What an agent may do, on its own host alone. */
export const hostActions = ['self:greet', 'self:report', 'self:answer', 'self:confirm', 'self:receive'] as const;

export type HostAction = (typeof hostActions)[number];
