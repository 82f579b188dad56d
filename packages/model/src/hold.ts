/**
 * A person's decision that outranks triggers on one host until it ends by itself.
 *
 * Of two holds on one instance the later one counts. A hold on every instance (`instance` null, `inactive`) is a rollback to the
 * baseline.
 */
export interface Hold {
  /** Unguessable, chosen by whoever makes the hold. */
  readonly id: string;
  /** Null: every instance on the host. */
  readonly instance: string | null;
  readonly effect: 'active' | 'inactive';
  /** Why, in the owner's words. */
  readonly reason: string;
  /** Who: `local`, or an actor of the control plane. */
  readonly owner: string;
  /** ISO 8601. */
  readonly from: string;
  /** ISO 8601; exclusive. */
  readonly until: string;
}
