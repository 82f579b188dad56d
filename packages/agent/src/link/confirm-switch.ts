/**
 * Proves that the control plane can still be reached after a change that could have cut this host off: a nonce goes out over a
 * new connection and comes back by it.
 *
 * Resolves true when it came back before the deadline; tries again and again until then. Never rejects.
 */

import { backoffMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import type { Credential } from './identity-store.ts';
import { openSocket } from './socket.ts';

export interface ConfirmOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly clock: LinkClock;
  readonly transactionId: string;
  readonly deadlineMs: number;
  readonly nonce: string;
}

export function confirmSwitch(options: ConfirmOptions): Promise<boolean> {
  const { clock, transactionId, nonce } = options;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let closeCurrent: () => void = () => undefined;
  let cancelRetry: () => void = () => undefined;
  let settled = false;
  const settle = (confirmed: boolean) => {
    settled = true;
    cancelDeadline();
    cancelRetry();
    closeCurrent();
    resolve(confirmed);
  };
  const cancelDeadline = clock.after(options.deadlineMs, () => settle(false));
  const attempt = (number: number) => {
    const socket = openSocket({
      ...options,
      onOpen: () => socket.send({ type: 'confirm_request', transaction_id: transactionId, nonce }),
      onMessage: (message) => {
        if (message.type === 'confirm' && message.nonce === nonce && message.transaction_id === transactionId)
          settle(true);
      },
      onIgnored: () => undefined,
      onEnd: () => {
        if (!settled) cancelRetry = clock.after(backoffMs(number, clock.random), () => attempt(number + 1));
      },
    });
    closeCurrent = () => socket.close();
  };
  attempt(0);
  return promise;
}
