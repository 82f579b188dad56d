/** Whether a host's agent is here, and if not, whether it would be let in. */
export interface AgentPresence {
  readonly connected: boolean;
  readonly identity: 'active' | 'locked' | 'revoked' | 'none';
}

export function agentText({ connected, identity }: AgentPresence): string {
  switch (identity) {
    case 'locked':
    case 'revoked':
      return `away, ${identity}`;
    case 'active':
    case 'none':
      return connected ? 'connected' : 'away';
  }
}
