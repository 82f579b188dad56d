/**
 * Files of a host's root as the machine sees them. Whoever had the host may have laid links that lead out of it, so none is followed.
 *
 * Expects that nothing changes the root meanwhile. Paths are relative to it.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '@guise/model';

/** Of a path whose every part is looked at by itself. */
export function kindInside(root: string, path: string): 'absent' | 'directory' | 'file' | 'other' {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const found = lstatSync(join(root, ...parts.slice(0, index + 1)), { throwIfNoEntry: false });
    if (found === undefined) return 'absent';
    if (index === parts.length - 1 && found.isFile()) return 'file';
    if (!found.isDirectory()) return 'other';
  }
  return 'directory';
}

/** Undefined when there is no such file, or a larger one than `limits.fileSizeBytes`. */
export function readInside(root: string, path: string): string | undefined {
  if (kindInside(root, dirname(path)) !== 'directory' || kindInside(root, path) !== 'file') return undefined;
  if (lstatSync(join(root, path)).size > limits.fileSizeBytes) return undefined;
  return readFileSync(join(root, path), 'utf8');
}
