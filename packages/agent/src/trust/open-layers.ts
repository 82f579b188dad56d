/**
 * Layers as a control plane sent them → layers with the personas that their authors signed, and what the host has to remember of them.
 *
 * A version that an instance has already stays without being accepted anew, so two instances of one persona may have two versions. Of one
 * persona the lowest version is judged first; the mark ends at the highest. An end that has passed is told with the layer: what is active
 * outlives it, and what is not is kept from becoming active where that is decided.
 * Throws: `signature_missing`, `envelope_invalid`, `version_refused`, `rollback_refused`; then nothing is to be remembered.
 */
import type { SignedLayer } from '@guise/api/agent-wire';
import { acceptVersion, type Opened, openPersona, openRollback, type TrustedRoot } from '@guise/decide/trust';
import { type Digest, GuiseError, type HostId, type Layer, limits } from '@guise/model';
import type { PersonaStatement } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import type { TrustState } from './trust-store.ts';

export interface OpenContext {
  readonly state: TrustState;
  readonly root: TrustedRoot;
  readonly hostId: HostId;
  readonly nowMs: number;
  readonly before: readonly Layer[];
}

export type TrustChange = Pick<TrustState, 'marks' | 'used_rollbacks'>;

export interface OpenedLayers {
  /** In the order in which they were sent. */
  readonly layers: readonly Layer[];
  /** Null when there is nothing new. */
  readonly change: TrustChange | null;
}

interface OpenedLayer {
  readonly sent: SignedLayer;
  readonly opened: Opened<PersonaStatement>;
}

export function openLayers(sent: readonly SignedLayer[], context: OpenContext): OpenedLayers {
  const opened = sent.map((layer) => ({ sent: layer, opened: openLayer(layer, context) }));
  return { layers: opened.map((each) => layerOf(each, context.before)), change: remembered(opened, context) };
}

function openLayer(layer: SignedLayer, { state, root, nowMs }: OpenContext): Opened<PersonaStatement> {
  const { envelope, persona_id: id, version } = layer;
  if (envelope === null || envelope === undefined)
    throw new GuiseError('signature_missing', `Cannot accept ${id}@${version}: nobody signed it`);
  const opened = openPersona(envelope, root, { environment: state.environment, nowMs, verify: verifySignature });
  const { statement } = opened;
  if (statement.persona_id === id && statement.version === version) return opened;
  throw new GuiseError(
    'envelope_invalid',
    `Cannot accept ${id}@${version}: what was signed is ${statement.persona_id}@${statement.version}`,
  );
}

function remembered(opened: readonly OpenedLayer[], context: OpenContext): TrustChange | null {
  const { state } = context;
  const marks: TrustState['marks'] = { ...state.marks };
  const used = [...state.used_rollbacks];
  for (const each of opened.toSorted((one, other) => one.sent.version - other.sent.version)) {
    const { persona_id: id } = each.sent;
    const mark = Object.hasOwn(marks, id) ? (marks[id] ?? null) : null;
    if (mark !== null && stays(each, context.before) && each.sent.version < mark.version) continue;
    const needsPermission = mark !== null && each.sent.version < mark.version;
    const accepted = acceptVersion({
      mark: mark as { readonly version: number; readonly digest: Digest } | null,
      persona: each.opened,
      rollback: needsPermission ? permissionOf(each.sent, context) : null,
      hostId: context.hostId,
      used,
    });
    marks[id] = accepted.mark;
    if (accepted.usedRollback !== null) used.push(usable(accepted.usedRollback, used));
  }
  const isNew = used.length > state.used_rollbacks.length || JSON.stringify(marks) !== JSON.stringify(state.marks);
  return isNew ? { marks, used_rollbacks: used } : null;
}

function stays({ sent, opened }: OpenedLayer, before: readonly Layer[]): boolean {
  return before.some((layer) => layer.instance === sent.instance && isOf(layer, opened.digest));
}

function permissionOf({ rollback }: SignedLayer, { state, root, nowMs }: OpenContext) {
  if (rollback === null || rollback === undefined) return null;
  return openRollback(rollback, root, { environment: state.environment, nowMs, verify: verifySignature });
}

/** Which ones were used is never forgotten, so there can only be so many. */
export function usable(id: string, used: readonly string[]): string {
  if (used.length < limits.rollbacksUsed) return id;
  throw new GuiseError(
    'rollback_refused',
    `Cannot go back: this host has used ${limits.rollbacksUsed} permissions; enrol it again`,
  );
}

/** The persona that is in memory already, when it is the same: what was made of it is found by it. */
function layerOf({ sent, opened }: OpenedLayer, before: readonly Layer[]): Layer {
  const { instance, persona_id, version, priority, parameters, assigned_by } = sent;
  const known = before.find((layer) => isOf(layer, opened.digest));
  const signature = { signers: opened.signers, payload_digest: opened.digest, expires_at: opened.expiresAt };
  const persona = known?.persona ?? opened.statement.persona;
  return { instance, persona_id, version, priority, parameters, assigned_by, persona, signature };
}

function isOf(layer: Layer, payloadDigest: Digest): boolean {
  return layer.signature?.payload_digest === payloadDigest;
}
