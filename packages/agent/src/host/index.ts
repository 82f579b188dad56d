export { dropStaleAccountLocks, withAccountLocks } from './account-locks.ts';
export { type Account, type Accounts, readAccounts } from './accounts.ts';
export { digestOf } from './digest.ts';
export { faultHost } from './fault-host.ts';
export {
  type CountedFaults,
  type FaultPlan,
  type FaultPoints,
  type Faults,
  plannedFaults,
} from './faults.ts';
export type { DigestOf, FileStatus, Files, FileType, FileWrite, Host, RunOptions, RunResult } from './host.ts';
export { type LocalHostOptions, localHost } from './local-host.ts';
export { escapeMount, type MountInfo, parseMountInfo, unescapeMount } from './mount-info.ts';
export { isErrno } from './refusal.ts';
