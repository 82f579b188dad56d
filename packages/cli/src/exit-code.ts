/**
 * Exit codes of every command; scripts rely on them.
 *
 * 0 done · 1 failed and rolled back · 2 bad input · 3 refused · 4 failed and could not be rolled back · 5 `guise drift` found drift.
 * Source: ../shared/DESIGN.md "The contract". 5 is of its own because drift is an answer, and scripts must tell it from a failure.
 */
import type { TransactionStatus } from '@guise/model';

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

export const driftFound: ExitCode = 5;

/** What a finished transaction means for the command that started it. */
export function exitCodeOfStatus(status: TransactionStatus): ExitCode {
  switch (status) {
    case 'committed':
      return 0;
    case 'rolled_back':
      return 1;
    case 'acting':
    case 'confirming':
    case 'undoing':
    case 'stuck':
      return 4;
  }
}
