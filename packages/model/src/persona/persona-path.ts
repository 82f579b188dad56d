/**
 * Paths inside a folder of personas: relative to it, `/` between names, no `.` and no `..`.
 *
 * The rules of the format (`relativePath`, `extends`) already refuse what would leave the folder of a document, so here
 * paths are only put together.
 */
export function besideDocument(documentPath: string, relative: string): string {
  const folder = documentPath.slice(0, documentPath.lastIndexOf('/') + 1);
  return folder + relative.replace(/^\.\//, '');
}

/** `hardened` → `hardened.yaml` and `./base.json` → `base.json`, both beside the document that names them. */
export function parentPath(documentPath: string, entry: string): string {
  return besideDocument(documentPath, entry.startsWith('./') ? entry : `${entry}.yaml`);
}

/** `a/b.yaml` → `a`, `b.yaml` → `''`, `/b.yaml` → `/`. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, Math.max(0, slash));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
