/** Where a document may have secrets: in the content of files, whether it stands there or came from a source file, and nowhere else. */
import type { Problem } from '../errors.ts';
import { positionOf } from './position-of.ts';
import { problemOf, quotedPath } from './problem.ts';
import type { Positions } from './resolved.ts';
import type { TemplatePart } from './template.ts';

export const secretPlaceRule =
  'must be in the content of a file, or be named by security_profile.encryption_keys, because it would be readable anywhere else';

const prefix = 'secret.';

/** `path` is that of a value; a key has none. */
export function mayHaveSecrets(path: readonly string[]): boolean {
  return path.length === 3 && path[0] === 'files' && path[2] === 'content';
}

/** Null for what is no secret. */
export function secretNameOf(part: TemplatePart): string | null {
  return part.type === 'name' && part.name.startsWith(prefix) ? part.name.slice(prefix.length) : null;
}

/** Found before rendering, so that nobody publishes what no host could take. */
export function misplacedSecrets(
  parts: readonly TemplatePart[],
  path: readonly string[],
  { file, positions }: { readonly file: string; readonly positions: Positions },
): readonly Problem[] {
  if (mayHaveSecrets(path)) return [];
  return parts.flatMap((part) => {
    const name = secretNameOf(part);
    if (name === null) return [];
    const at = positionOf(positions, path);
    const shown = path.filter((key) => key !== '').join('.');
    const sentence = `Cannot set ${quotedPath(shown)}: the secret ${JSON.stringify(name)} ${secretPlaceRule}`;
    return [problemOf({ file, at, path: shown, rule: secretPlaceRule, sentence })];
  });
}
