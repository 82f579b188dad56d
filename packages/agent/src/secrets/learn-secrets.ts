/** What an undo could make a program print: it knows contents only, so the values of its layers are looked up, as far as there are any. */
import { type Layer, secretsOf } from '@guise/model';
import type { Redactor } from './redactor.ts';
import type { SecretSource } from './secret-source.ts';

export function learnSecrets(layers: readonly Layer[], source: SecretSource, redactor: Redactor): void {
  for (const layer of layers) {
    for (const name of secretsOf(layer.persona)) {
      try {
        redactor.add(source.open(name, layer));
      } catch {
        // An undo must not fail for want of a value that it does not need.
      }
    }
  }
}
