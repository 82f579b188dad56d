/** Judging what was signed. Apart from the index for the schemas behind it; pure: signatures are verified by what is passed in. */
export type { AcceptedVersion, VersionMark } from './trust/accept-version.ts';
export { acceptVersion } from './trust/accept-version.ts';
export { decodeEnvelope, decodeEnvelopeFile, encodeEnvelope, encodeEnvelopeFile } from './trust/decode-envelope.ts';
export { openPersona, refuseExpired, unverifiedPersona } from './trust/open-persona.ts';
export { openRollback, unverifiedRollback } from './trust/open-rollback.ts';
export { openRoot, unverifiedRoot } from './trust/open-root.ts';
export { personaContent } from './trust/persona-content.ts';
export type { Opened, TrustedKey, TrustedRoot } from './trust/trusted-root.ts';
