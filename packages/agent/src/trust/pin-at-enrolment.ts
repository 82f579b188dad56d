/**
 * A host believes what it was told when it enrolled, and from then on only what follows from that.
 *
 * An agent that starts again with its join token is told once more; by then whoever answers is no longer believed.
 */
import type { EnrolmentAnswer } from '@guise/api';
import type { TrustStore } from './trust-store.ts';

export function pinAtEnrolment(store: TrustStore, { trust }: EnrolmentAnswer): void {
  if (store.state !== null) return;
  const { organization, environment, root, audit_key: auditKey } = trust;
  store.pin({ organization, environment, root, auditKey });
}
