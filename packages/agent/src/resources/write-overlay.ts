import type { Files } from '../host/index.ts';
import { type Dialect, type Overlay, renderOverlay } from './overlay-file.ts';

/** Of a file that does not exist yet. */
export interface FreshFile {
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
}

const systemFile: FreshFile = { mode: '0644', uid: 0, gid: 0 };

/** Makes the file at `path` say what the overlay says, with the mode and owner that it has. Removes one that guise made and nobody needs. */
export function writeOverlay(
  path: string,
  overlay: Overlay,
  dialect: Dialect,
  files: Files,
  fresh: FreshFile = systemFile,
): void {
  const text = renderOverlay(overlay, dialect);
  if (text === files.readText(path)) return;
  if (text === null) {
    files.remove(path);
    return;
  }
  const { type, mode, uid, gid } = files.status(path);
  const kept = type === 'file' && mode !== null ? { mode, uid, gid } : fresh;
  files.write({ path, content: Buffer.from(text), mode: kept.mode, uid: kept.uid, gid: kept.gid });
}
