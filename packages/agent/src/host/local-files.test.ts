import {
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Files } from './host.ts';
import { localHost } from './local-host.ts';

const uid = process.geteuid?.() ?? 0;
const gid = process.getegid?.() ?? 0;
const stranger = 31_000;

describe('the files of a root', () => {
  let root: string;
  let files: Files;
  const write = (path: string, text: string, mode = '0644') =>
    files.write({ path, content: Buffer.from(text), mode, uid, gid });
  const inside = (path: string) => readFileSync(join(root, path), 'utf8');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-files-'));
    files = localHost({ root }).files;
    mkdirSync(join(root, 'etc'), { mode: 0o755 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are written whole, with their mode, and leave nothing beside them', () => {
    write('/etc/a', 'one', '4750');
    write('/etc/a', 'two', '0600');
    expect([inside('etc/a'), files.status('/etc/a').mode, readdirSync(join(root, 'etc'))]).toEqual([
      'two',
      '0600',
      ['a'],
    ]);
    write('/etc/a', 'three', '4750');
    expect(files.status('/etc/a').mode).toBe('4750');
  });

  it('follow links of the distribution and resolve absolute ones inside the root', () => {
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    symlinkSync('usr/bin', join(root, 'bin'));
    symlinkSync('/usr', join(root, 'all'));
    symlinkSync('../usr/bin/x', join(root, 'etc/x'));
    write('/bin/x', 'x');
    expect([
      inside('usr/bin/x'),
      files.readText('/all/bin/x'),
      files.readText('/etc/x'),
      files.status('/etc/x').type,
    ]).toEqual(['x', 'x', 'x', 'symlink']);
  });

  it('do not lead out of the root by "..", and take no path that is not plain', () => {
    symlinkSync('../../../../../../etc', join(root, 'up'));
    write('/up/here', 'inside');
    expect(inside('etc/here')).toBe('inside');
    for (const path of ['etc/a', '/etc/../a', '/etc//a', '/etc/.', '/etc/'])
      expect(() => files.status(path)).toThrow('Cannot use');
  });

  it('end a loop of links', () => {
    symlinkSync('two', join(root, 'one'));
    symlinkSync('one', join(root, 'two'));
    expect(() => files.status('/one/a')).toThrow('more than 16 symbolic links');
  });

  it('refuse what a rename cannot put back', () => {
    write('/etc/a', 'a');
    linkSync(join(root, 'etc/a'), join(root, 'etc/b'));
    expect(() => write('/etc/a', 'b')).toThrow('further hard links');
    expect(() => files.setOwnership('/etc/a', '0777', uid, gid)).toThrow('further hard links');
    mkdirSync(join(root, 'etc/d'));
    expect(() => write('/etc/d', 'b')).toThrow('it is a directory');
    expect(() => write('/nowhere/a', 'b')).toThrow('its directory does not exist');
    writeFileSync(join(root, 'etc/d/x'), '');
    expect(() => files.remove('/etc/d')).toThrow('not empty');
  });

  it('overwrite and remove what a killed run left', () => {
    write('/etc/a', 'a');
    expect(files.claim('/etc/a', 'mine')).toBe(false);
    expect(files.claim('/etc/b', 'mine')).toBe(true);
    symlinkSync('a', join(root, 'etc', '.guise-ca978112ca1bbdca.tmp'));
    files.discardTemporary('/etc/a');
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['a', 'b']);
  });

  it('keep no directory open over a turn of the event loop', async () => {
    const opened = () => readdirSync('/proc/self/fd').filter((fd) => targetOf(`/proc/self/fd/${fd}`).startsWith(root));
    write('/etc/a', 'a');
    expect(opened()).toHaveLength(2);
    await eventLoopTurn();
    await eventLoopTurn();
    expect(opened()).toEqual([]);
  });

  it('become durable although a directory that was written to is gone', async () => {
    files.makeDirectory('/etc/d', '0755', uid, gid);
    write('/etc/d/a', 'a');
    files.remove('/etc/d/a');
    files.remove('/etc/d');
    await files.sync();
    expect(existsSync(join(root, 'etc/d'))).toBe(false);
  });

  describe('in a home that belongs to somebody else', () => {
    beforeEach(({ skip }) => {
      skip(process.geteuid?.() !== 0, 'only root can give files to others');
      mkdirSync(join(root, 'home/bob'), { recursive: true });
      chownSync(join(root, 'home/bob'), stranger, stranger);
      write('/etc/shadow', 'secret');
    });

    it('do not go where a planted link leads', () => {
      symlinkSync('/etc', join(root, 'home/bob/.ssh'));
      lchownSync(join(root, 'home/bob/.ssh'), stranger, stranger);
      for (const attempt of [
        () => files.read('/home/bob/.ssh/shadow'),
        () => write('/home/bob/.ssh/shadow', 'x'),
        () => files.remove('/home/bob/.ssh/shadow'),
      ]) {
        expect(attempt).toThrow('could have planted');
      }
      expect(inside('etc/shadow')).toBe('secret');
    });

    it("follow no link there even when it is root's, because it can be swapped", () => {
      symlinkSync('/etc', join(root, 'home/bob/etc'));
      expect(() => files.read('/home/bob/etc/shadow')).toThrow('could have planted');
      symlinkSync('/etc/shadow', join(root, 'home/bob/keys'));
      expect(() => files.read('/home/bob/keys')).toThrow('could have planted');
    });

    it('replace a link itself, not what it leads to', () => {
      symlinkSync('/etc/shadow', join(root, 'home/bob/keys'));
      files.write({ path: '/home/bob/keys', content: Buffer.from('x'), mode: '0600', uid: stranger, gid: stranger });
      expect([inside('etc/shadow'), inside('home/bob/keys'), statSync(join(root, 'home/bob/keys')).uid]).toEqual([
        'secret',
        'x',
        stranger,
      ]);
    });
  });
});

/** Empty for the descriptor of the listing itself, which is closed by now. */
function targetOf(link: string): string {
  return existsSync(link) ? readlinkSync(link) : '';
}
