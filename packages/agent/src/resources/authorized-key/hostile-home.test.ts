import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorizedKeyId } from '@guise/decide';
import type { Address, Change, State } from '@guise/model';
import { beforeEach, describe, expect, it } from 'vitest';
import { localHost } from '../../host/index.ts';
import type { ApplyContext } from '../adapter.ts';
import { authorizedKeyAdapter } from './index.ts';

const eve = 31_000;
const line = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'a'.repeat(43)} eve`;
const address: Address = `authorized_key:eve/${authorizedKeyId(line)}`;
const gone: State = { present: false, line: null };
const given: State = { present: true, line };
const change = (before: State, after: State): Change => ({
  address,
  before,
  after,
  fields: [],
  reversibility: 'exact',
  nudge: null,
  because: '',
  cutsOff: false,
});

describe('the home of somebody who means harm', () => {
  let root: string;
  let home: string;
  let context: ApplyContext;
  beforeEach(({ skip }) => {
    skip(process.geteuid?.() !== 0, 'only root can give files to others');
    root = mkdtempSync(join(tmpdir(), 'guise-hostile-'));
    home = join(root, 'home/eve');
    for (const directory of ['etc', 'home/eve', 'root/.ssh']) mkdirSync(join(root, directory), { recursive: true });
    chownSync(home, eve, eve);
    writeFileSync(join(root, 'etc/passwd'), `eve:x:${eve}:${eve}::/home/eve:/bin/sh\n`);
    writeFileSync(join(root, 'root/.ssh/authorized_keys'), "root's\n");
    const blobs = { get: () => new Uint8Array(), put: () => 'sha256:' as never };
    context = {
      host: localHost({ root }),
      blobs,
      stateDirectory: root,
      point: () => undefined,
      signal: new AbortController().signal,
      undoing: false,
    };
    return () => rmSync(root, { recursive: true });
  });
  const rootsKeys = () => readFileSync(join(root, 'root/.ssh/authorized_keys'), 'utf8');
  const plant = (target: string, name: string) => {
    symlinkSync(target, join(home, name));
    lchownSync(join(home, name), eve, eve);
  };

  it('gets no key through a planted link, and the link keeps nobody from undoing', async () => {
    plant('/root/.ssh', '.ssh');
    await expect(authorizedKeyAdapter.apply([change(gone, given)], context)).rejects.toMatchObject({
      code: 'path_unsafe',
    });
    expect((await authorizedKeyAdapter.observe([{ address, known: null }], context)).get(address)).toEqual(gone);
    await authorizedKeyAdapter.apply([change(given, gone)], context);
    await authorizedKeyAdapter.sweep?.([address], context);
    expect(rootsKeys()).toBe("root's\n");
  });

  it('does not have what stands in the way of a temporary directory removed', async () => {
    plant('/root/.ssh', '.guise-ssh.tmp');
    await expect(authorizedKeyAdapter.apply([change(gone, given)], context)).rejects.toMatchObject({
      code: 'change_failed',
    });
    await authorizedKeyAdapter.sweep?.([address], context);
    expect([readdirSync(home), rootsKeys()]).toEqual([['.guise-ssh.tmp'], "root's\n"]);
  });

  it('keeps what its user put beside the keys', async () => {
    await authorizedKeyAdapter.apply([change(gone, given)], context);
    writeFileSync(join(home, '.ssh/known_hosts'), 'mine');
    await authorizedKeyAdapter.apply([change(given, gone)], context);
    expect(readdirSync(join(home, '.ssh'))).toEqual(['known_hosts']);
  });
});
