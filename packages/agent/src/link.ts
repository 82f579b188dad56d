/** The way to a control plane. Apart from the index, because the command line works on a host without one. */
export { leaseHere } from './lease/lease-here.ts';
export { finishRevert } from './lease/revert-host.ts';
export { SnapshotStore } from './lease/snapshot-store.ts';
export { type AskAgentsPort, askAgentsPort } from './link/ask-agents-port.ts';
export { type LinkClock, systemClock } from './link/clock.ts';
export { connectLink, type Link, type LinkOptions } from './link/connect-link.ts';
export { type Desired, type DesiredStore, desiredFile } from './link/desired-store.ts';
export { type EnrolOptions, enrol, joinTokenDigest } from './link/enrol.ts';
export { type Credential, IdentityStore } from './link/identity-store.ts';
export { keepRenewed } from './link/keep-renewed.ts';
export { renew } from './link/renew.ts';
export { openSocket, type Socket } from './link/socket.ts';
export { HostTrust } from './trust/host-trust.ts';
export { pinnedRoot } from './trust/pinned-root.ts';
export { auditEvidencePath, trustPath } from './trust/places.ts';
export { TrustStore } from './trust/trust-store.ts';
