/**
 * The programs of guise, each bundled into a few files: where they are, and whether they still are what the source says.
 *
 * A bundle loads two to three times faster than some hundred files and takes a third less memory. It is never trusted over the
 * source: every file it was made from must have the size and the times it had then, or the program runs from source as if there
 * were no bundle. It lies in the clone, which whoever runs the program trusts already, so hosts that mount the clone share it.
 * Plain JavaScript on any Node ≥ 20, like all that runs before anything is installed.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);

export const programsFolder = join(root, '.guise', 'programs');
/** Names the bundle in use; replaced as a whole, as the last act of building one. */
export const manifestFile = join(programsFolder, 'current.json');

/** Program → its source. */
export const programs = {
  cli: 'packages/cli/src/main.ts',
  agent: 'packages/agent/src/main.ts',
  documents: 'packages/agent/src/documents.ts',
};

/** The file to run: the program's bundle, or its source when there is none or it is of another source. */
export function programFile(name) {
  const manifest = currentManifest();
  const bundle = manifest === null ? null : join(programsFolder, manifest.folder, `${name}.js`);
  return bundle !== null && existsSync(bundle) ? bundle : join(root, programs[name]);
}

/** Null when there is no bundle of the source as it is now. */
export function currentManifest() {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
    return manifest.inputs.every(([path, ...mark]) => isSame(mark, markOf(`${root}/${path}`))) ? manifest : null;
  } catch {
    return null;
  }
}

/** What changes with a file: its size, when it was written, and when anything about it was changed. */
export function markOf(path) {
  const { size, mtimeMs, ctimeMs } = statSync(path);
  return [size, mtimeMs, ctimeMs];
}

export function isSame(a, b) {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
