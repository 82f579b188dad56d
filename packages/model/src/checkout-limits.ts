/** Bounds of borrowing hosts; part of `limits`. */
export const checkoutLimits = {
  /** How long one may have a host, all extensions included; how far ahead he may book it; and how many he may have or wait for at once. */
  checkoutMinMs: 1000,
  checkoutMaxMs: 14 * 86_400_000,
  checkoutAheadMs: 365 * 86_400_000,
  checkoutsPerHolder: 10,
  /** Hosts among which one is chosen for a checkout. */
  checkoutCandidates: 1_000,
  /** Checkouts that wait for a host. */
  checkoutsWaiting: 1_000,
  /** How often a checkout looks again at what no signal tells of. */
  checkoutLookMs: 1_000,
  /** For a host to be there when its checkout begins, and for requests under way to end. */
  checkoutCheckMs: 60_000,
  checkoutDrainMs: 30_000,
  /** For a snapshot, another system or an allocation, while the host's provider fails. */
  checkoutPrepareMs: 600_000,
  /** For a revert while the host or its provider is away, and for the host to be as healthy as before; then it is quarantined. */
  checkoutRevertMs: 600_000,
  checkoutGateMs: 300_000,
  /** What fails for another reason than that something is away is tried so often. */
  checkoutAttempts: 3,
  /** For a load balancer to hold a host for healthy. */
  checkoutRestoreMs: 30_000,
  /** Its holder is warned so long before a checkout ends. */
  checkoutWarningsMs: [3_600_000, 600_000, 60_000],
} as const;
