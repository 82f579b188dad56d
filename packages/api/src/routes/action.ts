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
  'host_group:write',
  'host:enroll',
  'root:write',
  'secret:read',
  'secret:write',
  'token:read',
  'token:write',
  'event:post',
  'alert:read',
  'audit:read',
] as const;

export type Action = (typeof actions)[number];
