/**
 * Sends the control plane every finished transaction that it does not have, oldest first, whoever began it.
 *
 * Transaction ids sort by time, so one id says where it stands. Sending twice is harmless.
 */
import type { AgentMessage } from '@guise/api';
import type { TransactionReport } from '@guise/model';

type Send = (message: AgentMessage) => boolean;
type CauseOf = (transaction: TransactionReport) => Extract<AgentMessage, { readonly type: 'transaction' }>['cause'];

export class JournalSender {
  #last: string | null = null;

  /** What the control plane says it has, at the start of a connection. */
  startAfter(last: string | null): void {
    this.#last = last;
  }

  /** `history` is newest first. */
  sendNew(history: readonly TransactionReport[], causeOf: CauseOf, send: Send): void {
    const last = this.#last;
    const missing = history.filter((each) => isFinal(each) && (last === null || each.id > last));
    for (const transaction of missing.toReversed()) {
      if (!send({ type: 'transaction', transaction, cause: causeOf(transaction) })) return;
      this.#last = transaction.id;
    }
  }
}

function isFinal({ status }: TransactionReport): boolean {
  switch (status) {
    case 'committed':
    case 'rolled_back':
    case 'stuck':
      return true;
    case 'acting':
    case 'confirming':
    case 'undoing':
      return false;
  }
}
