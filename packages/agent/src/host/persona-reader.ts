/**
 * Reads personas from folders of this machine.
 *
 * The folder is a root of its own: a link in it can lead elsewhere in it but never out, and a link that somebody else could have
 * planted is not followed at all (see open-directories.ts). So no persona of a repository can take in /etc/shadow.
 * Throws: `path_unsafe`, `limit_exceeded`, `kind_refused` for what is not a regular file.
 */
import { statSync } from 'node:fs';
import type { PersonaReader } from '@guise/model';
import { noFaults } from './faults.ts';
import { LocalFiles } from './local-files.ts';

export function directoryReader(): PersonaReader {
  return {
    async read(folder, path) {
      return filesOf(folder)?.read(`/${path}`) ?? null;
    },
    async list(folder, path) {
      return filesOf(folder)?.list(path === '' ? '/' : `/${path}`) ?? [];
    },
  };
}

/** Null when there is no such folder. Nothing is written, so there is nothing to make durable. */
function filesOf(folder: string): LocalFiles | null {
  const root = folder === '' ? '.' : folder;
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  return new LocalFiles(root, noFaults, async () => {});
}
