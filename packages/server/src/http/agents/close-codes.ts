/** Close codes of ours; 4000–4999 are for applications. Source: RFC 6455 §7.4.2. */
export const closeCodes = {
  refused: 4400,
  /** Of the host: a new connection tells why. */
  identity: 4403,
  silent: 4408,
  replaced: 4409,
} as const;
