/**
 * Writes the `desired` message as text, for many hosts that mostly have the same layers.
 *
 * Personas are stored as JSON and go into the message as they are. The bytes of one list of layers are made once a batch and
 * shared by all its messages, so a switch of ten thousand hosts holds them once.
 */
import { limits } from '@guise/model';
import type { DesiredLayer } from '../app/desired-layers.ts';
import { sealingFor } from '../app/sealed-secrets.ts';
import type { Settled } from '../app/settle-desired.ts';
import type { Database } from '../store/database.ts';
import { readContents } from '../store/personas.ts';
import type { Vault } from '../store/vault.ts';

/** Persona versions that are kept at hand; they never change. */
const contentsKept = 500;

export interface DesiredText {
  readonly head: string;
  readonly tail: Buffer;
}

export type WriteDesired = (settled: readonly Settled[]) => Promise<ReadonlyMap<string, DesiredText>>;

/** Host id → message. A host whose message would be too long is left out. Secrets are in the host's own part, sealed to it. */
export function desiredMessages(database: Database, vault: Vault): WriteDesired {
  const kept = new Map<string, string>();
  return async (settled) => {
    await keepContents(database, kept, settled);
    const sealFor = await sealingFor(
      database,
      vault,
      settled.map(({ secrets }) => secrets),
    );
    const tails = new Map<string, Buffer>();
    const messages = new Map<string, DesiredText>();
    for (const { row, layers, secrets } of settled) {
      const sealed = sealFor(secrets);
      if (row.digest === null || sealed === null) continue;
      const tail = tails.get(row.digest) ?? tailOf(layers, kept);
      tails.set(row.digest, tail);
      const head = `{"type":"desired","generation":${row.generation},"digest":"${row.digest}","secrets":${JSON.stringify(sealed)},"layers":`;
      if (head.length + tail.length <= limits.wireMessageBytes) messages.set(row.hostId, { head, tail });
    }
    while (kept.size > contentsKept) kept.delete(kept.keys().next().value ?? '');
    return messages;
  };
}

async function keepContents(database: Database, kept: Map<string, string>, settled: readonly Settled[]): Promise<void> {
  const missing = new Map<string, DesiredLayer>();
  for (const { layers } of settled) {
    for (const layer of layers) if (!kept.has(keyOf(layer))) missing.set(keyOf(layer), layer);
  }
  for (const [key, content] of await readContents(database, [...missing.values()])) kept.set(key, content);
}

function tailOf(layers: readonly DesiredLayer[], contents: ReadonlyMap<string, string>): Buffer {
  return Buffer.from(`[${layers.map((layer) => layerText(layer, contents)).join(',')}]}`);
}

function layerText({ digest: _digest, ...layer }: DesiredLayer, contents: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(layer).slice(0, -1)},"persona":${contents.get(keyOf(layer))}}`;
}

function keyOf({ persona_id, version }: Pick<DesiredLayer, 'persona_id' | 'version'>): string {
  return `${persona_id}@${version}`;
}
