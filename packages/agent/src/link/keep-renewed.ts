/**
 * Renews this host's certificate when half of its time is over, and again until it is.
 *
 * A refusal is final until a person enrols the host again; it is told once, and asked about rarely.
 */
import { X509Certificate } from 'node:crypto';
import { GuiseError, limits } from '@guise/model';
import type { AskAgentsPort } from './ask-agents-port.ts';
import { backoffMs, jitteredMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import type { IdentityStore } from './identity-store.ts';
import { renew } from './renew.ts';

export interface RenewalOptions {
  readonly url: string;
  readonly identity: IdentityStore;
  readonly clock: LinkClock;
  readonly onRenewed: () => void;
  readonly report: (line: string) => void;
  readonly ask?: AskAgentsPort;
}

/** Answers with how to end it. */
export function keepRenewed({ url, identity, clock, onRenewed, report, ask }: RenewalOptions): () => void {
  let cancel: () => void = () => undefined;
  let closed = false;
  let failures = 0;
  let told = '';
  const wait = (ms: number) => {
    if (!closed) cancel = clock.after(ms, look);
  };
  const look = () => {
    if (closed) return;
    const dueMs = identity.isRenewing ? 0 : dueAt(identity, clock.random()) - clock.nowMs();
    // In pieces, because a clock may be set meanwhile.
    if (dueMs > 0) return wait(Math.min(dueMs, limits.renewalCheckMs));
    renew(url, identity, ask).then(
      () => {
        [failures, told] = [0, ''];
        if (!closed) onRenewed();
        look();
      },
      (error: unknown) => {
        const { message } = error instanceof Error ? error : new Error(String(error));
        if (message !== told && !closed) report(`could not renew this host's certificate: ${message}`);
        told = message;
        wait(isRefusal(error) ? jitteredMs(limits.refusedRetryMs, clock.random) : backoffMs(failures, clock.random));
        failures += 1;
      },
    );
  };
  look();
  return () => {
    closed = true;
    cancel();
  };
}

/** Of the control plane, about this host; a person has to do something. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GuiseError && (error.kind === 'forbidden' || error.kind === 'unauthenticated');
}

/** At half of its life, and up to a twentieth later, so that hosts which enrolled together do not renew together. */
function dueAt({ current }: IdentityStore, chance: number): number {
  if (current === null) return Number.POSITIVE_INFINITY;
  const { validFrom, validTo } = new X509Certificate(current.certificate);
  const [fromMs, untilMs] = [Date.parse(validFrom), Date.parse(validTo)];
  return fromMs + (untilMs - fromMs) * (0.5 + chance / 20);
}
