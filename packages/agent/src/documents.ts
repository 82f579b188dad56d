/** The program behind `makeElsewhere`: reads one errand from standard input, does it, and leaves the result among the kept values. */
import { json } from 'node:stream/consumers';
import { layerOf } from '@guise/model';
import { CompiledLayers } from './engine/compiled-layers.ts';
import { localHost } from './host/local-host.ts';
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
    case 'resolve': {
      const persona = await new RememberedPersonas(directoryReader(), kept).resolve(errand.path);
      // Most layers are a persona as its author left it, and here is the compiler.
      await new CompiledLayers(kept).of([layerOf(persona, { assignedBy: 'local' })], localHost({ root: '/' }).facts());
      return;
    }
    case 'compile':
      await new CompiledLayers(kept).of(errand.layers, errand.facts);
      return;
  }
}
