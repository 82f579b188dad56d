import type { GuiseError } from '@guise/model';

/** Close codes of ours; 4000–4999 are for applications. Source: RFC 6455 §7.4.2. */
export const closeCodes = {
  refused: 4400,
  /** Of the host: a new connection tells why. */
  identity: 4403,
  silent: 4408,
  replaced: 4409,
} as const;

/** Close reasons have 123 bytes; the refusal of the next connection has the whole sentence. */
export function closeReasonOf({ code }: GuiseError): string {
  if (code === 'identity_locked') return 'the identity of the host is locked';
  if (code === 'identity_revoked') return 'the identity of the host is revoked';
  return 'the host is enrolled no more, or anew';
}
