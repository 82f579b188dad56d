import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type LoginFiles, presentUser, readLogins } from './logins.ts';
import { DirectoryWatch } from './watch-directories.ts';

/** As logind of systemd 257 writes it. */
const session = (user: string, klass: string, state = 'active') =>
  `# This is private data. Do not parse.\nUID=1000\nUSER=${user}\nACTIVE=1\nIS_DISPLAY=1\nSTATE=${state}\nREMOTE=0\nTYPE=unspecified\nCLASS=${klass}\nSCOPE=session-8.scope\nSERVICE=login\n`;
const accounts = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1001:100::/home/bob:/bin/sh\n',
  '/etc/group': 'root:x:0:\nusers:x:100:\nalice:x:1000:\nadmin:x:27:alice,carol\nops:x:28:bob\n',
};

function filesOf(
  content: { readonly [path: string]: string | Buffer },
  directories: readonly string[] = [],
): LoginFiles {
  const files = new Map(Object.entries({ ...accounts, ...content }));
  return {
    read: (path) => {
      const found = files.get(path);
      return found === undefined ? null : Buffer.from(found);
    },
    list: (path) => {
      const names = [...files.keys()].flatMap((file) =>
        file.startsWith(`${path}/`) ? file.slice(path.length + 1) : [],
      );
      return names.length > 0 || directories.includes(path) ? names : null;
    },
  };
}

/** One record of utmp(5). */
function utmp(type: number, user: string): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(type);
  record.write(user, 44);
  return record;
}

describe('who is logged in', () => {
  it('are the persons of logind, with their groups', () => {
    const files = filesOf({
      '/run/systemd/sessions/8': session('alice', 'user'),
      '/run/systemd/sessions/8.ref': '',
      '/run/systemd/sessions/9': session('alice', 'user'),
      '/run/systemd/sessions/c1': session('bob', 'user', 'online'),
    });
    expect(readLogins(files)).toEqual(
      new Map([
        ['alice', ['admin', 'alice']],
        ['bob', ['ops', 'users']],
      ]),
    );
  });

  it.each([
    [session('alice', 'user', 'closing'), null],
    [session('alice', 'manager'), null],
    [session('gdm', 'greeter'), null],
    [session('alice', 'background'), null],
    [session('alice', 'user').slice(0, 40), null],
    ['', null],
    [session('alice', 'user-early'), 'alice'],
  ])('%j is %j', (text, user) => {
    expect(presentUser(text)).toBe(user);
  });

  it('are those of utmp where there is no logind', () => {
    const records = Buffer.concat([utmp(2, 'reboot'), utmp(7, 'bob'), utmp(8, 'alice'), Buffer.alloc(10)]);
    expect(readLogins(filesOf({ '/run/utmp': records }))).toEqual(new Map([['bob', ['ops', 'users']]]));
  });

  it('is nobody when nobody is, and unknown where nothing records it', () => {
    expect(readLogins(filesOf({}, ['/run/systemd/sessions']))).toEqual(new Map());
    expect(readLogins(filesOf({}))).toBeNull();
  });
});

describe('a watch over directories', () => {
  it('tells of the names that matter, once a burst, and not of others', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'guise-watch-'));
    mkdirSync(join(directory, 'other'));
    let changes = 0;
    const watch = new DirectoryWatch(() => {
      changes += 1;
    });
    const expectChanges = async (expected: number) => {
      for (let waitedMs = 0; waitedMs < 5_000 && changes < expected; waitedMs += 20) await sleep(20);
      await sleep(300);
      expect(changes).toBe(expected);
    };
    watch.set(
      new Map([
        [directory, new Set(['managed'])],
        [join(directory, 'missing'), null],
      ]),
    );
    expect(watch.directories).toEqual([directory]);
    for (const content of ['a', 'b', 'c']) writeFileSync(join(directory, 'managed'), content);
    await expectChanges(1);
    writeFileSync(join(directory, 'unmanaged'), 'a');
    await expectChanges(1);
    renameSync(join(directory, 'unmanaged'), join(directory, 'managed'));
    await expectChanges(2);
    watch.close();
    rmSync(directory, { recursive: true });
    await expectChanges(2);
  });
});
