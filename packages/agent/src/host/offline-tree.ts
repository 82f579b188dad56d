/** For tests: a directory that is an offline host, with root's account and a directory `marks`. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class OfflineTree {
  readonly path: string = mkdtempSync(join(tmpdir(), 'guise-tree-'));

  constructor() {
    for (const directory of ['etc', 'marks']) mkdirSync(join(this.path, directory));
    writeFileSync(join(this.path, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(join(this.path, 'etc/group'), 'root:x:0:\n');
  }

  /** Sorted. */
  list(directory: string): readonly string[] {
    return readdirSync(join(this.path, directory)).sort();
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
