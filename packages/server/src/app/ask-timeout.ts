/** How long an agent may take to answer. What changes the host, or waits for programs of a persona's, takes longer than a question. */
import type { Ask } from '@guise/api';
import { GuiseError, type HostId, limits } from '@guise/model';

const longer: { readonly [Name in Ask['ask']]?: number } = {
  snapshot: limits.snapshotAskMs,
  discard: limits.snapshotAskMs,
  revert: limits.revertAskMs,
  tests: limits.testsAskMs,
};

export function askTimeoutMs({ ask }: Ask): number {
  return longer[ask] ?? limits.askTimeoutMs;
}

export function noAnswer(hostId: HostId, question: Ask): GuiseError {
  return new GuiseError('command_timeout', `"${hostId}" did not answer within ${askTimeoutMs(question) / 1000} s`);
}
