/** A file that a person names, as text. Throws: `argument_invalid` when it cannot be read. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GuiseError } from '@guise/model';
import type { Context } from '../context.ts';

export function readText({ cwd }: Pick<Context, 'cwd'>, file: string): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read ${file}`, { cause });
  }
}

/** `policies/lab.cedar` → `lab`. */
export function policyNameOf(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.cedar$/, '');
}
