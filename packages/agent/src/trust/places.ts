/** Where in the state directory an agent keeps what it believes, and what it refused. */
export function trustPath(stateDirectory: string): string {
  return `${stateDirectory}/trust.json`;
}

export function auditEvidencePath(stateDirectory: string): string {
  return `${stateDirectory}/audit-evidence.json`;
}
