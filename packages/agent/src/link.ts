/** The way to a control plane. Apart from the index, because the command line works on a host without one. */
export { type LinkClock, systemClock } from './link/clock.ts';
export { connectLink, type Link, type LinkOptions } from './link/connect-link.ts';
export { type Desired, type DesiredStore, desiredFile } from './link/desired-store.ts';
export { type EnrolOptions, enrol, type Identity } from './link/enrol.ts';
export { ensureIdentity } from './link/identity-file.ts';
export { openSocket, type Socket } from './link/socket.ts';
export { auditEvidencePath, trustPath } from './trust/places.ts';
export { TrustStore } from './trust/trust-store.ts';
