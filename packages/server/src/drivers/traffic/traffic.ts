/**
 * The port to what sends requests to hosts: a load balancer, or DNS.
 *
 * Draining keeps what is under way and lets nothing new come. Every call may come twice, also after one that was killed half-way.
 * A deadline counts from the call on, in milliseconds.
 * Throws: `traffic_failed` with what the system said; `traffic_not_found` for a host that it does not send requests to.
 */
export interface TrafficState {
  /** Whether new requests go to the host; as with DNS, where resolvers remember, whether they still may. */
  readonly isServing: boolean;
  /** Requests or connections under way; null where it cannot be known, as with DNS. */
  readonly underWay: number | null;
}

export interface Traffic {
  /** As it was configured. */
  readonly name: string;
  serves(hostId: string): Promise<boolean>;
  state(hostId: string): Promise<TrafficState>;
  /** Lets nothing new come; resolves when nothing is under way, or at the deadline with what is. Aborted, it leaves the host drained. */
  drain(hostId: string, options: { readonly deadlineMs: number; readonly signal: AbortSignal }): Promise<TrafficState>;
  /** Requests go to the host again. Resolves when the balancer holds it for healthy. Throws as well: `host_unavailable` at the deadline. */
  restore(hostId: string, options: { readonly deadlineMs: number; readonly signal: AbortSignal }): Promise<void>;
}
