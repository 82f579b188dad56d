import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from './fingerprint.ts';

const largeBytes = 3 * 1024 * 1024;

describe('fingerprintOf', () => {
  let root = '';
  const write = (path: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-fingerprint-'));
    write('etc/motd', 'hello');
    write('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
    write('etc/systemd/system/a.service', '[Service]\n');
    write('var/lib/dpkg/status', 'Package: a\n');
    write('var/lib/data', new Uint8Array(largeBytes));
    mkdirSync(join(root, 'srv/empty'), { recursive: true });
    symlinkSync('motd', join(root, 'etc/link'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const changedParts = async (change: () => void): Promise<readonly string[]> => {
    const before = await fingerprintOf(root);
    change();
    const after = await fingerprintOf(root);
    expect(after.digest === before.digest).toBe(
      Object.keys(before.parts).every((part) => before.parts[part] === after.parts[part]),
    );
    return Object.keys(before.parts).filter((part) => before.parts[part] !== after.parts[part]);
  };

  it.each<[string, () => void, string]>([
    ['one byte of a file', () => write('etc/motd', 'hellp'), 'files'],
    ['one byte of a large file', () => write('var/lib/data', new Uint8Array(largeBytes).fill(1, -1)), 'files'],
    ['the end of a large file', () => truncateSync(join(root, 'var/lib/data'), largeBytes - 1), 'files'],
    ['a mode', () => chmodSync(join(root, 'etc/motd'), 0o600), 'files'],
    ['the mode of a directory', () => chmodSync(join(root, 'srv/empty'), 0o1777), 'files'],
    ['a new file', () => write('srv/new', ''), 'files'],
    ['a new directory', () => mkdirSync(join(root, 'srv/new')), 'files'],
    ['a file that is gone', () => rmSync(join(root, 'etc/motd')), 'files'],
    ['a directory that is gone', () => rmSync(join(root, 'srv/empty'), { recursive: true }), 'files'],
    ['another name', () => renameSync(join(root, 'etc/motd'), join(root, 'etc/motd2')), 'files'],
    [
      'another target of a link',
      () => {
        rmSync(join(root, 'etc/link'));
        symlinkSync('passwd', join(root, 'etc/link'));
      },
      'files',
    ],
    [
      'a link in place of a file of its content',
      () => {
        rmSync(join(root, 'etc/motd'));
        symlinkSync('hello', join(root, 'etc/motd'));
      },
      'files',
    ],
    ['a name that is no text', () => writeFileSync(Buffer.from(`${root}/srv/\xff`, 'latin1'), ''), 'files'],
    ['an account', () => appendFileSync(join(root, 'etc/passwd'), 'a:x:1:1::/:/bin/sh\n'), 'users'],
    ['a package', () => write('var/lib/dpkg/status', ''), 'packages'],
    ['a unit', () => write('etc/systemd/system/b.service', ''), 'units'],
  ])('sees %s', async (_, change, part) => {
    expect(await changedParts(change)).toEqual([part]);
  });

  it.each<[string, () => void]>([
    ['nothing', () => undefined],
    ['times', () => utimesSync(join(root, 'etc/motd'), 1, 1)],
    ['the same content written again', () => write('etc/motd', 'hello')],
  ])('is the same after %s', async (_, change) => {
    expect(await changedParts(change)).toEqual([]);
  });

  it.each([
    'var/log/syslog',
    'var/cache/a/b',
    'run/a',
    'var/lib/guise/identity.json',
    'etc/guise/agent.json',
    'var/lib/systemd/random-seed',
  ])('leaves out /%s', async (path) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    expect(await changedParts(() => write(path, 'changed'))).toEqual([]);
  });
});
