/**
 * Globs over versions and addresses: `*` stands for any text without `/`, `**` for any text at all.
 *
 * Shape: glob → anchored RegExp; up to `limits.globsRemembered` different ones are remembered, because plans ask for the same few.
 */
import { limits } from '@guise/model';

const compiled = new Map<string, RegExp>();

export function segmentGlob(glob: string): RegExp {
  const known = compiled.get(glob);
  if (known !== undefined) return known;
  // Runs of stars are folded so that no pattern takes more than polynomial time on a long name.
  const source = glob
    .split(/(\*+)/)
    .map((part) =>
      part === '' || part[0] !== '*' ? part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : part === '*' ? '[^/]*' : '.*',
    )
    .join('');
  const pattern = new RegExp(`^${source}$`, 's');
  if (compiled.size >= limits.globsRemembered) compiled.clear();
  compiled.set(glob, pattern);
  return pattern;
}

/** The text before the first star: whatever matches the glob begins with it. */
export function literalPrefix(glob: string): string {
  const star = glob.indexOf('*');
  return star === -1 ? glob : glob.slice(0, star);
}
