/**
 * Has documents parsed and layers compiled by a process of its own, so that the schema and the parsers leave with it instead of
 * staying in a resident agent: they and their leavings are 5 MiB.
 *
 * What it makes is then among the kept values. Whoever does not find it there makes it himself, and so meets what is wrong with the
 * document; nothing here throws. Null from source, where nothing is kept.
 */
import { dirname, join } from 'node:path';
import type { Facts, Layer } from '@guise/model';
import { runProgram } from './host/run-program.ts';
import { programDigest } from './program-digest.ts';

export type Errand =
  | { readonly type: 'resolve'; readonly path: string }
  | { readonly type: 'compile'; readonly layers: readonly Layer[]; readonly facts: Facts };

export type MakeElsewhere = (errand: Errand) => Promise<void>;

export function makeElsewhere(stateDirectory: string): MakeElsewhere | null {
  const [node, main] = process.argv;
  if (programDigest === null || node === undefined || main === undefined) return null;
  // Of the same bundle as this program, so that what it keeps is kept for this one.
  const program = join(dirname(main), 'documents.js');
  const env = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' };
  return async (errand) => {
    const input = JSON.stringify({ stateDirectory, errand });
    await runProgram([node, program], { input, env, accept: 'any', reads: true }).catch(() => undefined);
  };
}
