/** Something on a host that a person should know, from its first instant until it is over. */
export interface AlertReport {
  /** The same for the same cause on the same host, so a report that comes twice is one alert: `threshold:web:memory_utilization:0`. */
  readonly key: string;
  /** `identity` and `contention` are raised by the control plane, all others by hosts. */
  readonly type:
    | 'threshold'
    | 'goal'
    | 'drift'
    | 'trigger'
    | 'metric'
    | 'signature'
    | 'identity'
    | 'contention'
    | 'audit';
  /** What the persona's threshold says: `page`, `ticket`, … ; `warning` where nothing says. */
  readonly severity: string;
  /** Of whom: an instance, or null when no persona is concerned. */
  readonly instance: string | null;
  /** One sentence for people. */
  readonly message: string;
  /** ISO 8601. */
  readonly raised_at: string;
  /** ISO 8601; null while it lasts. */
  readonly cleared_at: string | null;
}
