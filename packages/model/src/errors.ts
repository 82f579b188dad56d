/**
 * One error type for everything that can go wrong in operation.
 *
 * `code` says what happened, `kind` says what a caller can do about it; one table maps the first to the second.
 * `message` is for people and may travel; `detail` is for the log of this process and never leaves it.
 * Bugs are not GuiseErrors: they are assertions, the process dies and recovery runs.
 * Source: docs/adr/0003-errors.md.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'stale'
  | 'limit'
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'internal';

const kindOfCode = {
  document_invalid: 'invalid',
  document_too_large: 'limit',
  parameter_invalid: 'invalid',
  template_invalid: 'invalid',
  extends_cycle: 'invalid',
  address_invalid: 'invalid',
  argument_invalid: 'invalid',
  persona_not_found: 'not_found',
  persona_exists: 'conflict',
  host_not_found: 'not_found',
  version_not_found: 'not_found',
  transaction_not_found: 'not_found',
  route_not_found: 'not_found',
  assignment_not_found: 'not_found',
  token_not_found: 'not_found',
  hold_not_found: 'not_found',
  policy_not_found: 'not_found',
  role_not_found: 'not_found',
  token_exists: 'conflict',
  persona_assigned: 'conflict',
  assignment_conflict: 'conflict',
  host_exists: 'conflict',
  state_directory_busy: 'conflict',
  token_missing: 'unauthenticated',
  token_invalid: 'unauthenticated',
  not_permitted: 'forbidden',
  plan_stale: 'stale',
  plan_cycle: 'invalid',
  kind_unsupported: 'invalid',
  kind_refused: 'forbidden',
  host_busy: 'conflict',
  requirements_unmet: 'conflict',
  change_failed: 'internal',
  verify_failed: 'internal',
  health_failed: 'internal',
  confirm_missed: 'timeout',
  undo_failed: 'internal',
  journal_failed: 'unavailable',
  journal_corrupt: 'internal',
  command_failed: 'internal',
  command_timeout: 'timeout',
  path_unsafe: 'forbidden',
  limit_exceeded: 'limit',
  rate_exceeded: 'throttled',
  host_unavailable: 'unavailable',
  server_unavailable: 'unavailable',
  server_failed: 'internal',
  database_unavailable: 'unavailable',
  port_unavailable: 'unavailable',
  message_invalid: 'invalid',
  key_invalid: 'invalid',
  cipher_failed: 'internal',
  envelope_invalid: 'forbidden',
  signature_missing: 'forbidden',
  signature_expired: 'forbidden',
  version_refused: 'forbidden',
  root_refused: 'forbidden',
  rollback_refused: 'forbidden',
  csr_invalid: 'invalid',
  certificate_invalid: 'unauthenticated',
  identity_revoked: 'forbidden',
  identity_locked: 'forbidden',
  login_failed: 'unauthenticated',
  policy_invalid: 'invalid',
  secret_not_found: 'not_found',
  secret_unavailable: 'unavailable',
  secret_refused: 'forbidden',
  secret_in_use: 'conflict',
  audit_broken: 'conflict',
  address_refused: 'forbidden',
  pool_not_found: 'not_found',
  pool_exists: 'conflict',
  pool_in_use: 'conflict',
  activation_not_found: 'not_found',
  checkout_not_found: 'not_found',
  traffic_not_found: 'not_found',
  webhook_not_found: 'not_found',
  snapshot_not_found: 'not_found',
  /** No host fits, or none is free. */
  host_unfit: 'conflict',
  lease_conflict: 'conflict',
  /** Whoever acts on the host had it before somebody else did. */
  lease_lost: 'stale',
  capability_missing: 'invalid',
  fingerprint_differs: 'internal',
  provider_failed: 'internal',
  traffic_failed: 'internal',
  lab_unsupported: 'unavailable',
  lab_failed: 'internal',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof kindOfCode;

export interface GuiseErrorOptions {
  readonly detail?: string;
  readonly cause?: unknown;
  /** Every problem found, when there is more than one to report. */
  readonly problems?: readonly Problem[];
}

/** One thing wrong with a document: where it is, what was found, which rule it breaks, what would be right. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Dotted path inside the document, such as `operating_system.sysctl.vm.swappiness`. */
  readonly path: string;
  readonly rule: string;
  readonly message: string;
  readonly suggestion?: string;
}

export class GuiseError extends Error {
  override readonly name = 'GuiseError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly detail: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message: string, options: GuiseErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = kindOfCode[code];
    this.detail = options.detail;
    this.problems = options.problems ?? [];
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(kindOfCode, text);
}

/** The HTTP status that tells a client this kind of error. */
export function statusOf(kind: ErrorKind): number {
  switch (kind) {
    case 'invalid':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'conflict':
    case 'stale':
      return 409;
    case 'limit':
      return 413;
    case 'throttled':
      return 429;
    case 'unavailable':
      return 503;
    case 'timeout':
      return 504;
    case 'internal':
      return 500;
  }
}

/** Exit codes of the command line: 0 done, 1 failed and rolled back, 2 bad input, 3 refused, 4 failed and not rolled back. */
export function exitCodeOf(error: GuiseError): 1 | 2 | 3 | 4 {
  if (error.code === 'undo_failed') return 4;
  switch (error.kind) {
    case 'invalid':
    case 'not_found':
    case 'limit':
      return 2;
    case 'unauthenticated':
    case 'forbidden':
    case 'conflict':
    case 'stale':
    case 'throttled':
      return 3;
    case 'unavailable':
    case 'timeout':
    case 'internal':
      return 1;
  }
}

export function retryable(kind: ErrorKind): boolean {
  switch (kind) {
    case 'stale':
    case 'throttled':
    case 'unavailable':
    case 'timeout':
      return true;
    case 'invalid':
    case 'unauthenticated':
    case 'forbidden':
    case 'not_found':
    case 'conflict':
    case 'limit':
    case 'internal':
      return false;
  }
}
