/**
 * What this host makes of what a control plane sends: nothing counts before it was verified under the root that was pinned here.
 *
 * Invariants: all of a desired state is taken or nothing of it; marks and used permissions are on disk before the desired state is, so a
 * host that is killed between the two has forgotten nothing, and is sent the same state again; a host that never enrolled takes none.
 * A control plane decides who has which signed version; it can neither make one, nor change one, nor go back to one.
 * Throws: `signature_missing`, `envelope_invalid`, `version_refused`, `rollback_refused`, `root_refused`, `journal_failed`.
 * Source: docs/adr/0017-signed-envelopes.md, docs/adr/0023-what-a-host-refuses.md.
 */
import type { SignedLayer } from '@guise/api/agent-wire';
import { openRoot, type TrustedRoot } from '@guise/decide/trust';
import { GuiseError, type HostId, type Layer } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import { usableKeyCheck } from '@guise/trust/usable-key';
import { goBackTo } from './go-back.ts';
import { openLayers } from './open-layers.ts';
import type { TrustState, TrustStore } from './trust-store.ts';

export interface HostTrustParts {
  readonly store: TrustStore;
  readonly hostId: HostId;
  readonly nowMs: () => number;
}

export class HostTrust {
  readonly #parts: HostTrustParts;
  #opened: { readonly envelope: Envelope; readonly root: TrustedRoot } | null = null;

  constructor(parts: HostTrustParts) {
    this.#parts = parts;
  }

  /** Null before the host has enrolled. */
  get rootVersion(): number | null {
    const { state } = this.#parts.store;
    return state === null ? null : this.#rootOf(state).version;
  }

  /** What is desired from now on. `before`: what was, whose layers may stay where they are. */
  accept(sent: readonly SignedLayer[], before: readonly Layer[]): readonly Layer[] {
    const { layers, change } = this.#open(sent, before);
    if (change !== null) this.#parts.store.change(change);
    return layers;
  }

  /** The same, for a question: nothing is remembered. */
  inspect(sent: readonly SignedLayer[], before: readonly Layer[]): readonly Layer[] {
    return this.#open(sent, before).layers;
  }

  /** The host is to become what it was, by order of the control plane. `present`: what it is now. */
  goBack(layers: readonly Layer[], present: readonly Layer[], permissions: readonly Envelope[]): void {
    if (layers.length === 0) return;
    const state = this.#state();
    const { hostId, nowMs, store } = this.#parts;
    const change = goBackTo(layers, {
      state,
      root: this.#rootOf(state),
      hostId,
      nowMs: nowMs(),
      present,
      permissions,
    });
    if (change !== null) store.change(change);
  }

  /** The roots that follow this host's, in order; each is on disk before it counts. */
  async followRoots(roots: readonly Envelope[]): Promise<void> {
    if (roots.length === 0) return;
    const isUsableKey = await usableKeyCheck();
    for (const envelope of roots) {
      const state = this.#state();
      const root = openRoot(envelope, this.#rootOf(state), { verify: verifySignature, isUsableKey });
      this.#parts.store.change({ root: envelope });
      this.#opened = { envelope, root };
    }
  }

  #open(sent: readonly SignedLayer[], before: readonly Layer[]) {
    const state = this.#state();
    const { hostId, nowMs } = this.#parts;
    return openLayers(sent, { state, root: this.#rootOf(state), hostId, nowMs: nowMs(), before });
  }

  #state(): TrustState {
    const { state } = this.#parts.store;
    if (state !== null) return state;
    throw new GuiseError('root_refused', 'Cannot follow a control plane: this host has no trust root; enrol it again');
  }

  /** It was verified when it was pinned. */
  #rootOf({ root: envelope }: TrustState): TrustedRoot {
    if (this.#opened?.envelope !== envelope) {
      const root = openRoot(envelope, null, { verify: verifySignature, isUsableKey: () => true });
      this.#opened = { envelope, root };
    }
    return this.#opened.root;
  }
}
