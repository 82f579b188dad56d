import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { localHost } from '../../host/local-host.ts';
import { OfflineTree } from '../../host/offline-tree.ts';
import { takeManifest } from './manifest.ts';

let tree: OfflineTree;
beforeEach(() => {
  tree = new OfflineTree();
  mkdirSync(join(tree.path, 'etc/guise/secrets'), { recursive: true });
  for (const path of ['etc/guise/secrets/db', 'etc/app.conf', 'etc/other.conf'])
    writeFileSync(join(tree.path, path), path);
});
afterEach(() => tree.remove());

it('has the content of /etc, but of no secret file', () => {
  const { files } = localHost({ root: tree.path });
  const { entries, contents } = takeManifest(files, '/state', new Set(['/etc/app.conf']));
  expect([...contents.keys()].sort()).toEqual(['/etc/group', '/etc/other.conf', '/etc/passwd']);
  expect(entries.has('/etc/app.conf')).toBe(false);
  expect(entries.has('/etc/guise/secrets/db')).toBe(false);
});
