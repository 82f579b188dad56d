export type { Client, ClientOptions } from './client/client.ts';
export { client } from './client/client.ts';
export type { Action, HostAction } from './routes/action.ts';
export { actions, hostActions } from './routes/action.ts';
export type { RouteName, Routes } from './routes/index.ts';
export { routes } from './routes/index.ts';
export type { ResourceRule, ResourceType } from './routes/resource.ts';
export type { CallOf, RequestOf, ResponseOf, Route } from './routes/route.ts';
export { cloudEvent, eventTargets } from './schemas/adaptation.ts';
export type { Checkout, CheckoutRequest, CheckoutState } from './schemas/checkout.ts';
export { checkoutSteps } from './schemas/checkout.ts';
export type { ErrorBody } from './schemas/error-body.ts';
export { errorBody } from './schemas/error-body.ts';
export { errorBodyOf, errorFrom } from './schemas/error-body-of.ts';
export { fleetStates, type SwitchOutcome } from './schemas/host.ts';
export type { PlanReport } from './schemas/plan.ts';
export type { DnsSettings, HaproxySettings, TrafficWrite } from './schemas/traffic.ts';
export type { AgentMessage, AnswerTo } from './wire/agent-message.ts';
export { agentMessage, answers } from './wire/agent-message.ts';
export type { Decoded } from './wire/decode-message.ts';
export { decodeMessage } from './wire/decode-message.ts';
export type { EnrolmentAnswer, EnrolmentRequest, RenewalAnswer, RenewalRequest, TrustPin } from './wire/enrolment.ts';
export {
  agentRoutes,
  agentSocketPath,
  authorityPath,
  enrolmentAnswer,
  enrolmentPath,
  enrolmentRequest,
  renewalPath,
  renewalRequest,
} from './wire/enrolment.ts';
export { agentMessageActions, serverMessageActions } from './wire/message-actions.ts';
export type { Ask, DesiredMessage, ServerMessage } from './wire/server-message.ts';
