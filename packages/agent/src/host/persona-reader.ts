/**
 * Reads personas from folders of this machine.
 *
 * The folder is a root of its own: a link in it can lead elsewhere in it but never out, and a link that somebody else could have
 * planted is not followed at all (see open-directories.ts). A persona from a repository can so never take in /etc/shadow.
 * Throws: `path_unsafe`, `limit_exceeded`, `kind_refused` for what is not a regular file.
 */
import type { PersonaReader } from '@guise/model';
import { LocalFiles } from './local-files.ts';

export function directoryReader(): PersonaReader {
  return {
    async read(folder, path) {
      return filesOf(folder).read(`/${path}`);
    },
    async list(folder, path) {
      return filesOf(folder).list(`/${path}`);
    },
  };
}

/** Nothing is written, so there is nothing to make durable. */
function filesOf(folder: string): LocalFiles {
  return new LocalFiles(folder === '' ? '.' : folder, async () => {});
}
