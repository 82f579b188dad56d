/** `--root DIR`: the parts of a persona that are files go into a tree of files; what needs a running host is refused by name. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';

const guise = resolve(import.meta.dirname, '../../guise');

describe('an offline tree', () => {
  let directory: string;
  let root: string;
  beforeEach(({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root may give files to root');
    directory = mkdtempSync(join(tmpdir(), 'guise-root-'));
    root = join(directory, 'tree');
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
    for (const [file, text] of Object.entries({
      passwd: 'root:x:0:0:root:/root:/bin/bash\n',
      group: 'root:x:0:\n',
      shadow: 'root:*::0:99999:7:::\n',
      gshadow: 'root:*::\n',
      hosts: '127.0.0.1 localhost\n',
    })) {
      writeFileSync(join(root, 'etc', file), text);
    }
    return () => rmSync(directory, { recursive: true });
  });
  const run = (...args: readonly string[]) => spawnSync(guise, args, { encoding: 'utf8', cwd: directory });

  it('takes files, users and host names, and gives them back', () => {
    writeFileSync(
      join(directory, 'image.yaml'),
      'guise: persona/v1\npersona_id: image\nfiles: {/etc/shop.conf: {content: "a\\n", mode: "0640", group: keepers}}\nsecurity_profile: {groups: {keepers: {}}}\nnetwork_configuration: {hosts: {shop.internal: 10.0.0.1}}\n',
    );
    const before = readFileSync(join(root, 'etc/group'), 'utf8');
    expect(run('apply', '--yes', '--root', root, 'image.yaml')).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'etc/shop.conf'), 'utf8')).toBe('a\n');
    expect(statSync(join(root, 'etc/shop.conf')).mode & 0o7777).toBe(0o640);
    expect(readFileSync(join(root, 'etc/group'), 'utf8')).toContain('keepers:');
    expect(readFileSync(join(root, 'etc/hosts'), 'utf8')).toContain('shop.internal');
    expect(run('rollback', '--to', 'baseline', '--yes', '--root', root)).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'etc/group'), 'utf8')).toBe(before);
  });

  it('refuses what needs a running host, naming it and where it is asked for', () => {
    writeFileSync(
      join(directory, 'live.yaml'),
      'guise: persona/v1\npersona_id: live\nservices:\n  nginx.service: {state: running}\noperating_system: {sysctl: {net.core.somaxconn: 1}}\n',
    );
    const { status, stderr } = run('apply', '--yes', '--root', root, 'live.yaml');
    expect(status).toBe(3);
    expect(stderr).toContain('nginx.service (live.yaml:4');
    expect(stderr).toContain('net.core.somaxconn');
  });
});
