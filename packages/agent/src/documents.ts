/** The program behind `makeElsewhere`: reads one errand from standard input, does it, and leaves the result among the kept values. */
import { json } from 'node:stream/consumers';
import type { Facts, Layer } from '@guise/model';
import { layerOf } from '@guise/model';
import { CompiledLayers } from './engine/compiled-layers.ts';
import type { KeptValues } from './host/kept-values.ts';
import { localHost } from './host/local-host.ts';
import { directoryReader } from './host/persona-reader.ts';
import { keptHere } from './kept-here.ts';
import { RememberedPersonas } from './local-api/remembered-personas.ts';
import type { Errand } from './make-elsewhere.ts';
import { renderedTriggers } from './triggers/rendered-triggers.ts';

run().catch(() => {
  // Who asked meets the same error himself.
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const { stateDirectory, errand } = (await json(process.stdin)) as { stateDirectory: string; errand: Errand };
  const kept = keptHere(stateDirectory);
  switch (errand.type) {
    case 'resolve': {
      const persona = await new RememberedPersonas(directoryReader(), kept).resolve(errand.path);
      // Most layers are a persona as its author left it, and here is the compiler.
      await compile([layerOf(persona, { assignedBy: 'local' })], localHost({ root: '/' }).facts(), kept);
      return;
    }
    case 'compile':
      await compile(errand.layers, errand.facts, kept);
      return;
  }
}

/** Whoever needs one of both needs the other next. */
async function compile(layers: readonly Layer[], facts: Facts, kept: KeptValues | null): Promise<void> {
  const triggers = renderedTriggers(kept, null);
  for (const layer of layers) await triggers.of(layer, facts);
  await new CompiledLayers(kept).of(layers, facts);
}
