/** A persona as people name it, a file or one that the control plane has. What looks like a path, or is there as a file, is a file. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ResolvedPersona } from '@guise/model';
import type { Context } from '../context.ts';
import { readPersona } from '../local/read-persona.ts';
import { openClient, type ServerOptions } from './open-client.ts';
import { parseReference, publishedPersona } from './persona-reference.ts';

export async function personaAt(text: string, context: Context, options: ServerOptions): Promise<ResolvedPersona> {
  const isFile = text.includes('/') || /\.(ya?ml|json)$/.test(text) || existsSync(resolve(context.cwd, text));
  if (isFile) return readPersona(text);
  return (await publishedPersona(openClient(context, options), parseReference(text))).persona;
}
