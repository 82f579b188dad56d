/**
 * Writes the `desired` message as text, for many hosts that mostly have the same layers.
 *
 * The fence is read after what is desired was settled, so no agent takes new content for that of an older lease.
 * Envelopes are stored as JSON and go into the message as they are: what hosts verify passes through here unread. The bytes of one list of layers are made once a batch and
 * shared by all its messages, so a switch of ten thousand hosts holds them once.
 */
import { limits } from '@guise/model';
import type { DesiredLayer } from '../app/desired-layers.ts';
import { sealingFor } from '../app/sealed-secrets.ts';
import type { Settled } from '../app/settle-desired.ts';
import type { Database } from '../store/database.ts';
import { readFences } from '../store/fences.ts';
import { readRollbacks } from '../store/rollback-statements.ts';
import type { Vault } from '../store/vault.ts';
import { readEnvelopes } from '../store/version-envelopes.ts';

/** Envelopes that are kept at hand; they never change. */
const envelopesKept = 500;

export interface DesiredText {
  readonly head: string;
  readonly tail: Buffer;
}

export type WriteDesired = (settled: readonly Settled[]) => Promise<ReadonlyMap<string, DesiredText>>;

/** Host id → message. A host whose message would be too long is left out. Secrets are in the host's own part, sealed to it. */
export function desiredMessages(database: Database, vault: Vault): WriteDesired {
  const kept = new Map<string, string>();
  return async (settled) => {
    await keepEnvelopes(database, kept, settled);
    const sealFor = await sealingFor(
      database,
      vault,
      settled.map(({ secrets }) => secrets),
    );
    const fences = await readFences(
      database,
      settled.map(({ row }) => row.hostId),
    );
    const tails = new Map<string, Buffer>();
    const messages = new Map<string, DesiredText>();
    for (const { row, layers, secrets } of settled) {
      const sealed = sealFor(secrets);
      if (row.digest === null || sealed === null) continue;
      const tail = tails.get(row.digest) ?? tailOf(layers, kept);
      tails.set(row.digest, tail);
      const head = `{"type":"desired","generation":${row.generation},"digest":"${row.digest}","fence":${fences.get(row.hostId) ?? 0n},"secrets":${JSON.stringify(sealed)},"layers":`;
      if (head.length + tail.length <= limits.wireMessageBytes) messages.set(row.hostId, { head, tail });
    }
    while (kept.size > envelopesKept) kept.delete(kept.keys().next().value ?? '');
    return messages;
  };
}

async function keepEnvelopes(
  database: Database,
  kept: Map<string, string>,
  settled: readonly Settled[],
): Promise<void> {
  const layers = settled.flatMap((each) => each.layers);
  const missing = new Map(layers.flatMap((layer) => (kept.has(keyOf(layer)) ? [] : [[keyOf(layer), layer] as const])));
  const rollbacks = new Set(
    layers.flatMap(({ rollback }) => (rollback === undefined || kept.has(rollback) ? [] : rollback)),
  );
  for (const [key, envelope] of await readEnvelopes(database, [...missing.values()])) kept.set(key, envelope);
  for (const [id, envelope] of await readRollbacks(database, [...rollbacks])) kept.set(id, envelope);
}

function tailOf(layers: readonly DesiredLayer[], envelopes: ReadonlyMap<string, string>): Buffer {
  return Buffer.from(`[${layers.map((layer) => layerText(layer, envelopes)).join(',')}]}`);
}

function layerText(
  { digest: _digest, rollback, ...layer }: DesiredLayer,
  envelopes: ReadonlyMap<string, string>,
): string {
  const permission = rollback === undefined ? '' : `,"rollback":${envelopes.get(rollback)}`;
  return `${JSON.stringify(layer).slice(0, -1)},"envelope":${envelopes.get(keyOf(layer))}${permission}}`;
}

/** Ids of rollback statements have no "@". */
function keyOf({ persona_id, version }: Pick<DesiredLayer, 'persona_id' | 'version'>): string {
  return `${persona_id}@${version}`;
}
