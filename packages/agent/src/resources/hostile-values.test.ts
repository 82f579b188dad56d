/**
 * Values of parameters and facts that try to be more than values, through every facet into what it becomes on a host.
 *
 * Each either is refused, or what it becomes is read back, by the real tool where there is one, as exactly that value.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileLayer } from '@guise/decide/compile';
import type { Json, MountState } from '@guise/model';
import { GuiseError, layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccountFile } from './accounts/account-file.ts';
import { literal } from './database/psql.ts';
import { fstabLine } from './mount/fstab.ts';

const hostile = [
  'a\nb: c',
  '"',
  "'",
  "'; drop table x; --",
  '`id`',
  '$(id)',
  '$\u007bHOME}',
  '$HOME',
  '%n %u %%',
  ';',
  '; /bin/sh',
  '| sh',
  '&& id',
  '-rf',
  '--option=x',
  '-',
  '+/bin/sh',
  '!/bin/sh',
  '@/bin/sh',
  '\u0000',
  'a\u0000b',
  '\u2028',
  '\u001b[2J',
  '\r\nInjected: yes',
  '{ tcp dport 22 drop }',
  '{{ secret.root }}',
  '{{ other }}',
  '\\{{ other }}',
  '\\',
  'a\\',
  '#',
  ' ',
  '\t',
  '../../etc/shadow',
  '*',
  '\\gexec',
  '\\! id',
  ':root:0:0::/:/bin/sh',
  'ALL=(ALL) NOPASSWD: ALL',
  '* * * * * root id',
  '[Service]\nExecStart=/bin/sh',
  '\u202eabc',
  '\ud800',
  '€ü中',
];

/** Facet with `VALUE` where the parameter goes → its document. */
const places = {
  content: 'files: {/etc/x: {content: "VALUE"}}',
  'content among others': 'files: {/etc/x: {content: "a VALUE b {{ other }}"}}',
  path: 'files: {"/etc/VALUE": {content: x}}',
  target: 'files: {/etc/x: {type: symlink, target: "VALUE"}}',
  owner: 'files: {/etc/x: {content: x, owner: "VALUE"}}',
  sysctl: 'operating_system: {sysctl: {kernel.x: "VALUE"}}',
  'sysctl name': 'operating_system: {sysctl: {"kernel.VALUE": "1"}}',
  module: 'operating_system: {modules: ["VALUE"]}',
  'mount device': 'operating_system: {mounts: [{path: /mnt, device: "VALUE", fstype: ext4}]}',
  'mount option': 'operating_system: {mounts: [{path: /mnt, device: /dev/x, fstype: ext4, options: ["VALUE"]}]}',
  'mount type': 'operating_system: {mounts: [{path: /mnt, device: /dev/x, fstype: "VALUE"}]}',
  package: 'software_stack: ["VALUE"]',
  'package version': 'software_stack: ["curl=VALUE"]',
  service: 'services: {"VALUE.service": {state: running}}',
  'drop-in': 'services: {a.service: {drop_ins: {"VALUE.conf": x}}}',
  unit: 'services: {a.service: {unit: "VALUE"}}',
  calendar: 'timers: {t: {on_calendar: "VALUE", command: [/bin/true]}}',
  'timer program': 'timers: {t: {on_calendar: daily, command: ["VALUE"], user: daemon}}',
  'timer argument': 'timers: {t: {on_calendar: daily, command: [/bin/echo, "VALUE", end], user: daemon}}',
  'timer user': 'timers: {t: {on_calendar: daily, command: [/bin/true], user: "VALUE"}}',
  comment: 'security_profile: {users: {eve: {comment: "VALUE"}}}',
  password: 'security_profile: {users: {eve: {password_hash: "VALUE"}}}',
  user: 'security_profile: {users: {"VALUE": {}}}',
  home: 'security_profile: {users: {eve: {home: "/home/VALUE"}}}',
  shell: 'security_profile: {users: {eve: {shell: "/bin/VALUE"}}}',
  key: 'security_profile: {users: {eve: {authorized_keys: ["VALUE"]}}}',
  'firewall source': 'network_configuration: {firewall: {allow: [{port: 80, from: "VALUE"}]}}',
  'firewall port': 'network_configuration: {firewall: {allow: [{port: "VALUE"}]}}',
  route: 'network_configuration: {routes: [{to: 10.0.0.0/8, via: "VALUE"}]}',
  'route device': 'network_configuration: {routes: [{to: 10.0.0.0/8, device: "VALUE"}]}',
  'address device': 'network_configuration: {addresses: [{device: "VALUE", address: 10.0.0.1/8}]}',
  'host name': 'network_configuration: {hosts: {"VALUE": 10.0.0.1}}',
  'host address': 'network_configuration: {hosts: {db: "VALUE"}}',
  database: 'applications: {postgresql: {databases: {"VALUE": {}}}}',
  role: 'applications: {postgresql: {roles: {"VALUE": {}}}}',
  schema: 'applications: {postgresql: {databases: {shop: {schema_content: "VALUE"}}}}',
  command: 'commands: [{name: c, check: ["VALUE"], do: [/bin/echo, "VALUE"]}]',
} as const;

interface Made {
  /** `address field` → what is set. */
  readonly claims: ReadonlyMap<string, Json>;
  readonly texts: readonly string[];
}

/** Null when the value was refused. */
function made(place: keyof typeof places, value: string): Made | null {
  const head =
    'guise: persona/v1\npersona_id: web\nparameters: {value: {type: string}, other: {type: string, default: OTHER}}\n';
  const own = parseDocument(`${head}${places[place].replaceAll('VALUE', '{{ value }}')}\n`, 'web.yaml');
  try {
    const compiled = compileLayer(layerOf({ own, ancestors: [] }, { assignedBy: 'local', parameters: { value } }), {});
    const claims = compiled.claims.map(
      ({ address, field, operands }) => [`${address} ${field}`, operands as unknown as Json] as const,
    );
    return { claims: new Map(claims), texts: [...compiled.blobs.values()].map((blob) => Buffer.from(blob).toString()) };
  } catch (error) {
    if (error instanceof GuiseError && (error.kind === 'invalid' || error.kind === 'limit')) return null;
    throw error;
  }
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'guise-values-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe.each(Object.keys(places) as (keyof typeof places)[])('a hostile value as %s', (place) => {
  it('stays one value or is refused, and is never read as a template again', () => {
    for (const value of hostile) {
      const found = made(place, value);
      if (found === null) continue;
      const said = JSON.stringify([...found.claims, ...found.texts]);
      expect(said.split('OTHER').length - 1, value).toBe(place === 'content among others' ? 1 : 0);
      // Addresses go into command lines and lines of files.
      for (const name of found.claims.keys()) expect(name, JSON.stringify(value)).not.toMatch(/[\n\r\0]/);
    }
  });
});

const withoutHalves = hostile.filter((value) => value.isWellFormed());

it('is the content of a file, byte for byte', () => {
  const refused = withoutHalves.filter((value) => made('content', value) === null);
  for (const value of withoutHalves.filter((each) => !refused.includes(each)))
    expect(made('content', value)?.texts).toEqual([value]);
  expect(refused.length).toBeLessThan(5);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 500 }), (value) => {
      expect(made('content', value)?.texts).toEqual([value]);
    }),
  );
});

it.each(['-/bin/false', '@/bin/sh', ':/bin/sh', '+/bin/sh', '!/bin/sh', '!!/bin/sh', '|/bin/sh'])(
  'does not become a program with other rights: %s',
  (program) => {
    expect(made('timer program', program)).toBeNull();
  },
);

it('is one argument of a timer, for systemd too', ({ skip }) => {
  skip(spawnSync('systemd-analyze', ['--version']).status !== 0, 'systemd is not installed');
  const arguments_ = withoutHalves.filter((value) => made('timer argument', value) !== null);
  expect(arguments_.length).toBeGreaterThan(30);
  const units = arguments_.map((value, index) => {
    const path = join(directory, `guise-hostile-${index}.service`);
    const [text = ''] = made('timer argument', value)!.texts.filter((each) => each.includes('ExecStart'));
    expect(
      text
        .split('\n')
        .filter((line) => /^[A-Za-z]+=/.test(line))
        .map((line) => line.split('=')[0]),
    ).toEqual(['Description', 'Type', 'User', 'ExecStart']);
    writeFileSync(path, text);
    return path;
  });
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  expect(stderr.split('\n').filter((line) => line.includes('guise-hostile'))).toEqual([]);
});

it('is one field of fstab, for libmount too', ({ skip }) => {
  skip(spawnSync('findmnt', ['--version']).status !== 0, 'util-linux is not installed');
  const values = hostile.filter(
    (value) => made('mount device', value) !== null && made('mount option', value) !== null,
  );
  expect(values.length).toBeGreaterThan(10);
  const lines = values.map((value, index) => {
    const state: MountState = {
      mounted: true,
      device: value,
      fstype: 'ext4',
      options: ['noauto', `x-a=${value}`],
      persistent: true,
      missing_directories: 0,
    };
    return fstabLine(`/mnt/${index}`, state);
  });
  const file = join(directory, 'fstab');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const argv = ['--fstab', '--tab-file', file, '--json', '--output', 'SOURCE,TARGET'];
  const { filesystems } = JSON.parse(execFileSync('findmnt', argv, { encoding: 'utf8' })) as {
    filesystems: readonly { source: string; target: string }[];
  };
  expect(filesystems).toEqual(values.map((value, index) => ({ source: value, target: `/mnt/${index}` })));
});

it('is one field of the account files, or is refused', () => {
  for (const value of hostile) {
    const file = new AccountFile('root:x:0:0::/root:/bin/sh\n');
    try {
      file.set(['eve', 'x', '1000', '1000', value, '/home/eve', '/bin/sh'], () => 1000);
    } catch (error) {
      if (error instanceof GuiseError) continue;
      throw error;
    }
    expect(new AccountFile(file.text()).fields('eve')?.[4]).toBe(value);
    expect(file.all().map(([name]) => name)).toEqual(expect.arrayContaining(['root', 'eve']));
    expect(file.all()).toHaveLength(2);
  }
});

it('is one constant of SQL', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' })), (value) => {
      const [, inside = ''] = /^'((?:[^']|'')*)'$/s.exec(literal(value)) ?? [];
      expect(inside.replaceAll("''", "'")).toBe(value);
    }),
  );
});
