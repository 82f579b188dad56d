/** The program behind `makeElsewhere`: reads one errand from standard input, does it, and leaves the result among the kept values. */
import { json } from 'node:stream/consumers';
import { CompiledLayers } from './engine/compiled-layers.ts';
import { directoryReader } from './host/persona-reader.ts';
import { keptHere } from './kept-here.ts';
import { RememberedPersonas } from './local-api/remembered-personas.ts';
import type { Errand } from './make-elsewhere.ts';

run().catch(() => {
  // Who asked meets the same error himself.
  process.exitCode = 1;
});

async function run(): Promise<void> {
  const { stateDirectory, errand } = (await json(process.stdin)) as { stateDirectory: string; errand: Errand };
  const kept = keptHere(stateDirectory);
  switch (errand.type) {
    case 'resolve':
      await new RememberedPersonas(directoryReader(), kept).resolve(errand.path);
      return;
    case 'compile':
      await new CompiledLayers(kept).of(errand.layers, errand.facts);
      return;
  }
}
