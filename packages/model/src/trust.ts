/** What is signed, and the envelopes it is signed in. Apart from the index for the schema behind it. */
export { bytesOfBase64 } from './trust/base64.ts';
export type { Envelope, PayloadType } from './trust/envelope.ts';
export { envelope, payloadTypes } from './trust/envelope.ts';
export { preAuthEncoding } from './trust/pre-auth-encoding.ts';
export type { PersonaStatement, RollbackStatement, RootStatement, SigningRule } from './trust/statements.ts';
export { personaStatement, rollbackStatement, rootStatement } from './trust/statements.ts';
