/**
 * What each message on an agent's connection does, as an action that a policy decides on, with the host as principal and as resource:
 * a host speaks for itself and for nobody else. A message type that is missing here does not compile.
 */
import type { HostAction } from '../routes/action.ts';
import type { AgentMessage } from './agent-message.ts';
import type { ServerMessage } from './server-message.ts';

export const agentMessageActions: { readonly [Type in AgentMessage['type']]: HostAction } = {
  hello: 'self:greet',
  heartbeat: 'self:greet',
  report: 'self:report',
  transaction: 'self:report',
  outcome: 'self:report',
  candidates: 'self:report',
  alerts: 'self:report',
  answer: 'self:answer',
  refusal: 'self:answer',
  confirm_request: 'self:confirm',
};

export const serverMessageActions: { readonly [Type in ServerMessage['type']]: HostAction } = {
  welcome: 'self:greet',
  roots: 'self:receive',
  desired: 'self:receive',
  checkpoint: 'self:receive',
  event: 'self:receive',
  ask: 'self:answer',
  confirm: 'self:confirm',
};
