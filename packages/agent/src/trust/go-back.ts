/**
 * Whether a control plane may order this host back to what it was before.
 *
 * The host verified those layers when they came, so nothing is verified again. But the order comes from elsewhere, and is a way back like
 * any other: a version below the mark takes a signed permission, used once, and the mark goes with it. What was applied by a person on
 * this host, and what is active anyway, is free. The baseline is no version of anything and is free too.
 * Throws: `rollback_refused`, what opening a permission throws; `version_refused`.
 * Source: docs/adr/0023-what-a-host-refuses.md.
 */
import { acceptVersion, openRollback, type TrustedRoot } from '@guise/decide/trust';
import { type Digest, GuiseError, type HostId, type Layer } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import { type TrustChange, usable } from './open-layers.ts';
import type { TrustState } from './trust-store.ts';

export interface GoBackContext {
  readonly state: TrustState;
  readonly root: TrustedRoot;
  readonly hostId: HostId;
  readonly nowMs: number;
  readonly present: readonly Layer[];
  readonly permissions: readonly Envelope[];
}

export function goBackTo(layers: readonly Layer[], context: GoBackContext): TrustChange | null {
  const { state, present } = context;
  const marks: TrustState['marks'] = { ...state.marks };
  const used = [...state.used_rollbacks];
  for (const layer of layers.toSorted((one, other) => (one.version ?? 0) - (other.version ?? 0))) {
    const mark = Object.hasOwn(marks, layer.persona_id) ? marks[layer.persona_id] : undefined;
    const { version, signature } = layer;
    if (mark === undefined || version === null || signature === undefined || version >= mark.version) continue;
    if (present.some((other) => other.instance === layer.instance && isSame(other, signature.payload_digest))) continue;
    const id = permitted({ ...layer, version }, signature.payload_digest, { mark, used }, context);
    marks[layer.persona_id] = { version, digest: signature.payload_digest };
    used.push(usable(id, used));
  }
  return used.length === state.used_rollbacks.length ? null : { marks, used_rollbacks: used };
}

interface Remembered {
  readonly mark: TrustState['marks'][string];
  readonly used: readonly string[];
}

function permitted(
  { persona_id, version, persona }: Layer & { readonly version: number },
  digest: Digest,
  { mark, used }: Remembered,
  { state: { organization, environment }, root, hostId, nowMs, permissions }: GoBackContext,
): string {
  const category = persona.own.document.category ?? null;
  const statement = { organization, environment, persona_id, category, version };
  const opened = permissions.map((each) => openRollback(each, root, { environment, nowMs, verify: verifySignature }));
  const permission = opened.find(({ statement: { persona_id: id, to } }) => id === persona_id && to === version);
  if (permission === undefined) {
    throw new GuiseError(
      'rollback_refused',
      `Cannot go back to ${persona_id}@${version}: this host has had version ${mark.version}, and there is no signed permission`,
    );
  }
  const { usedRollback } = acceptVersion({
    mark: { version: mark.version, digest: mark.digest as Digest },
    persona: { statement: { ...statement, previous: null }, digest } as never,
    rollback: permission,
    hostId,
    used,
  });
  return usedRollback ?? permission.statement.id;
}

function isSame({ signature }: Layer, digest: Digest): boolean {
  return signature?.payload_digest === digest;
}
