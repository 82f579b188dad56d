/**
 * Writes the `desired` message as text, for many hosts that mostly have the same layers.
 *
 * Personas are stored as JSON and go into the message as they are; the text of one list of layers is made once a batch.
 */
import { limits } from '@guise/model';
import type { DesiredLayer } from '../app/desired-layers.ts';
import type { Settled } from '../app/settle-desired.ts';
import type { Database } from '../store/database.ts';
import { readContents } from '../store/personas.ts';

/** Persona versions that are kept at hand; they never change. */
const contentsKept = 500;

export type WriteDesired = (settled: readonly Settled[]) => Promise<ReadonlyMap<string, string>>;

/** Host id → message. A host whose message would be too long is left out. */
export function desiredMessages(database: Database): WriteDesired {
  const kept = new Map<string, string>();
  return async (settled) => {
    await keepContents(database, kept, settled);
    const layersByDigest = new Map<string, string>();
    const messages = new Map<string, string>();
    for (const { row, layers } of settled) {
      if (row.digest === null) continue;
      const layersText =
        layersByDigest.get(row.digest) ?? `[${layers.map((layer) => layerText(layer, kept)).join(',')}]`;
      layersByDigest.set(row.digest, layersText);
      const text = `{"type":"desired","generation":${row.generation},"digest":"${row.digest}","layers":${layersText}}`;
      if (text.length <= limits.wireMessageBytes) messages.set(row.hostId, text);
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

function layerText({ digest: _digest, ...layer }: DesiredLayer, contents: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(layer).slice(0, -1)},"persona":${contents.get(keyOf(layer))}}`;
}

function keyOf({ persona_id, version }: Pick<DesiredLayer, 'persona_id' | 'version'>): string {
  return `${persona_id}@${version}`;
}
