/** What an agent needs of the wire. Apart from the index, because the schemas of the control plane's own routes would come along. */
export { cloudEvent, hold } from './schemas/adaptation.ts';
export { errorBody } from './schemas/error-body.ts';
export { errorBodyOf, errorFrom } from './schemas/error-body-of.ts';
export { layer } from './schemas/persona.ts';
export { wireProtocol } from './wire/agent-message.ts';
export { decodeMessage } from './wire/decode-message.ts';
export {
  agentSocketPath,
  authorityAnswer,
  authorityPath,
  enrolmentAnswer,
  enrolmentPath,
  renewalAnswer,
  renewalPath,
} from './wire/enrolment.ts';
export { authorityDigestOf } from './wire/join-token.ts';
export { serverMessage } from './wire/server-message.ts';
