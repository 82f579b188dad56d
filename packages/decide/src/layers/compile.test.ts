import type { Json, Kind } from '@guise/model';
import { digestOfBytes, GuiseError, kindOf, layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';
import { compileLayer } from './compile-layer.ts';

describe('facets become claims', () => {
  it.each<[string, string, { readonly [addressAndField: string]: Json }]>([
    [
      'software_stack',
      '[nginx, "curl=7.88.*", telnet=absent]',
      {
        'package:nginx version': [{ set: '*' }],
        'package:curl version': [{ set: '7.88.*' }],
        'package:telnet version': [{ set: null }],
      },
    ],
    ['software_stack', '{remove: [nginx]}', { 'package:nginx version': [{ unset: true }] }],
    [
      'files',
      '{/etc/motd: {content: hi, mode: "0600"}, /srv: {type: directory}, /etc/x: {owner: web}}',
      {
        'file:/etc/motd type': [{ set: 'file' }],
        'file:/etc/motd digest': [{ set: digestOf('hi') }],
        'file:/etc/motd mode': [{ set: '0600' }],
        'file:/srv type': [{ set: 'directory' }],
        'file:/etc/x owner': [{ set: 'web' }],
      },
    ],
    [
      'operating_system',
      '{sysctl: {vm.swappiness: {at_least: 1, at_most: 9}, net/ipv4/conf/eth0.1/rp_filter: 1, net.ipv4.tcp_rmem: "1  2\\t3"}, modules: [br-netfilter]}',
      {
        'sysctl:vm.swappiness value': [{ at_least: 1 }, { at_most: 9 }],
        'sysctl:net.ipv4.conf.eth0/1.rp_filter value': [{ set: '1' }],
        'sysctl:net.ipv4.tcp_rmem value': [{ set: '1 2 3' }],
        'module:br_netfilter loaded': [{ set: true }],
        'module:br_netfilter persistent': [{ set: true }],
      },
    ],
    [
      'operating_system',
      '{mounts: [{path: /mnt, fstype: tmpfs, options: [size=1m]}, {path: /old, ensure: absent}]}',
      {
        'mount:/mnt mounted': [{ set: true }],
        'mount:/mnt device': [{ set: 'tmpfs' }],
        'mount:/mnt fstype': [{ set: 'tmpfs' }],
        'mount:/mnt options': [{ set: ['size=1m'] }],
        'mount:/old mounted': [{ set: false }],
        'mount:/old persistent': [{ set: false }],
      },
    ],
    [
      'services',
      '{a.service: {state: running, enabled: true, reload_on: {append: ["file:/etc/a/**"]}, limits: {memory_max_mb: {at_most: 1}, io_weight: 9}}}',
      {
        'service:a.service state': [{ set: 'running' }],
        'service:a.service enabled': [{ set: 'enabled' }],
        'service:a.service reload_on': [{ append: ['file:/etc/a/**'] }],
        'limit:a.service memory_max_bytes': [{ at_most: 1_048_576 }],
        'limit:a.service io_weight': [{ set: 9 }],
      },
    ],
    [
      'services',
      '{a.service: {drop_ins: {x.conf: hi}}, b.service: {masked: true}, c.slice: {unit: hi}}',
      {
        'unit:a.service.d/x.conf digest': [{ set: digestOf('hi') }],
        'service:a.service restart_on': [{ append: [] }],
        'service:b.service enabled': [{ set: 'masked' }],
        'unit:c.slice digest': [{ set: digestOf('hi') }],
      },
    ],
    [
      'security_profile',
      '{groups: {web: {gid: 9}}, users: {deploy: {groups: {append: [web]}, password_hash: x}, old: {ensure: absent}}}',
      {
        'group:web present': [{ set: true }],
        'group:web gid': [{ set: 9 }],
        'user:deploy present': [{ set: true }],
        'user:deploy password': [{ set: 'x' }],
        'user:deploy groups': [{ append: ['web'] }],
        'user:old present': [{ set: false }],
      },
    ],
    [
      'security_profile',
      '{users: {deploy: {authorized_keys: {remove: ["ssh-ed25519 AAAA me"]}}}}',
      {
        'user:deploy present': [{ set: true }],
        [`authorized_key:deploy/${digestOf('AAAA').slice(7, 23)} present`]: [{ set: false }],
      },
    ],
    [
      'network_configuration',
      '{firewall: {policy: drop, allow: [{port: 80}], deny: {append: [{protocol: icmp, from: 10.0.0.0/8}]}}, hosts: {db: 10.0.0.9}}',
      {
        'firewall:inet present': [{ set: true }],
        'firewall:inet policy': [{ set: 'drop' }],
        'firewall:inet allow': [{ set: [{ protocol: 'tcp', port: '80', from: null, verdict: 'accept' }] }],
        'firewall:inet deny': [{ append: [{ protocol: 'icmp', port: null, from: '10.0.0.0/8', verdict: 'drop' }] }],
        'hosts_entry:db ip': [{ set: '10.0.0.9' }],
      },
    ],
    [
      'network_configuration',
      '{routes: [{to: 10.9.1.1/32, via: 10.0.0.1}, {to: 0.0.0.0/0, device: eth0}], addresses: [{device: eth0, address: 10.0.0.5/24}]}',
      {
        'route:10.9.1.1 present': [{ set: true }],
        'route:10.9.1.1 via': [{ set: '10.0.0.1' }],
        'route:default present': [{ set: true }],
        'route:default device': [{ set: 'eth0' }],
        'address:eth0/10.0.0.5/24 present': [{ set: true }],
      },
    ],
    [
      'applications',
      '{postgresql: {roles: {shop: {login: false}}, databases: {shop: {owner: shop, schema_content: "create table t ()"}}}}',
      {
        'database:postgresql/role/shop present': [{ set: true }],
        'database:postgresql/role/shop login': [{ set: false }],
        'database:postgresql/database/shop present': [{ set: true }],
        'database:postgresql/database/shop owner': [{ set: 'shop' }],
        'database:postgresql/database/shop schema': [{ set: digestOf('create table t ()') }],
      },
    ],
    [
      'commands',
      '[{name: seed, check: [test], do: [seed]}]',
      {
        'command:seed done': [{ set: true }],
        'command:seed check': [{ set: ['test'] }],
        'command:seed do': [{ set: ['seed'] }],
      },
    ],
  ])('%s: %s', (facet, text, expected) => {
    const { claims } = compiled(`${facet}: ${text}`);
    expect(Object.fromEntries(claims.map(({ address, field, operands }) => [`${address} ${field}`, operands]))).toEqual(
      expected,
    );
  });
});

it('a timer is two unit files, quoted as systemd reads them', () => {
  const { claims, blobs } = compiled(
    String.raw`timers: {nightly: {on_calendar: daily, user: web, persistent: true, command: [/bin/echo, 'a "b" $c %d\']}}`,
  );
  const texts = [...blobs.values()].map((bytes) => new TextDecoder().decode(bytes));
  expect(texts).toEqual([
    '[Unit]\nDescription=nightly, by guise\n\n[Timer]\nOnCalendar=daily\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n',
    String.raw`[Unit]
Description=nightly, by guise

[Service]
Type=oneshot
User=web
ExecStart=:/bin/echo "a \"b\" $c %%d\\"
`,
  ]);
  expect(claims.map(({ field }) => field)).toEqual(['timer_unit', 'service_unit', 'state', 'enabled']);
});

it('every digest that is claimed has its content', () => {
  const { claims, blobs } = compiled('files: {/a: {content: x}, /b: {type: file}}\nservices: {a.service: {unit: y}}');
  const digests = claims.flatMap(({ field, operands }) =>
    field === 'digest' ? operands.map((operand) => ('set' in operand ? operand.set : null)) : [],
  );
  expect(digests).toEqual([digestOf('x'), digestOf('y')]);
  for (const digest of [...digests, digestOf('')]) expect([...blobs.keys()]).toContain(digest);
});

it('probes have their defaults, and a persona replaces those of its ancestors by name', () => {
  const parent = 'health_checks: [{name: up, tcp: "[::1]:5432"}, {http: "http://localhost/"}]';
  const own =
    'health_checks: [{name: up, command: ["true"], every: 1m, fail_after: 9}]\ntests: [{name: smoke, command: [curl], timeout: 5s}]';
  const { tests, healthChecks } = compiled(own, parent);
  expect(tests).toEqual([
    { type: 'command', name: 'smoke', command: ['curl'], timeoutMs: 5_000, everyMs: 0, failAfter: 1 },
  ]);
  expect(healthChecks).toMatchObject([
    { type: 'command', name: 'up', command: ['true'], everyMs: 60_000, failAfter: 9 },
    { type: 'http', name: 'http://localhost/', everyMs: 2_000, failAfter: 3 },
  ]);
  expect(compiled(parent).healthChecks[0]).toMatchObject({
    type: 'tcp',
    host: '::1',
    port: 5432,
    everyMs: 2_000,
    failAfter: 3,
  });
});

it('claims know their depth and their place in the author’s file', () => {
  const { claims } = compiled(
    'operating_system:\n  sysctl:\n    vm.swappiness: 2',
    'operating_system: {sysctl: {vm.swappiness: 1}}',
  );
  expect(claims.map(({ depth, at }) => [depth, at])).toEqual([
    [0, { file: 'parent.yaml', line: 3, column: 29, path: 'operating_system.sysctl.vm.swappiness' }],
    [1, { file: 'own.yaml', line: 5, column: 5, path: 'operating_system.sysctl.vm.swappiness' }],
  ]);
});

describe('refused, with all problems at once', () => {
  it.each([
    [
      'network_configuration: {vlans: [{device: eth0, id: 5}]}',
      'kind_unsupported',
      'Cannot set "network_configuration.vlans": the value must be left out, and guise cannot apply it to a running host yet (own.yaml:3:25)',
    ],
    [
      'files: {/a: {source: a.txt}}',
      'document_invalid',
      'Cannot set "files./a.source": the value must have been read, and the content of a.txt is not in the persona (own.yaml:3:14)',
    ],
    [
      'security_profile: {users: {a: {authorized_keys: [hello]}}}',
      'document_invalid',
      'Cannot set "security_profile.users.a.authorized_keys.0": the value must be a line of an authorized_keys file, and no key can be found in it (own.yaml:3:50)',
    ],
    [
      'software_stack: [nginx, nginx=1.0]',
      'document_invalid',
      'Cannot set "software_stack.1": the value must agree with software_stack.0, and package:nginx is already given another version at own.yaml:3:18 (own.yaml:3:25)',
    ],
    [
      'operating_system: {sysctl: {net.ipv4.conf.*.rp_filter: 1}}',
      'document_invalid',
      'Cannot set "operating_system.sysctl.net.ipv4.conf.*.rp_filter": the value must name one kernel parameter, and it holds a "*" (own.yaml:3:29)',
    ],
    [
      'tests: [{name: a, command: [b], timeout: 1h}]',
      'document_invalid',
      'Cannot set "tests.0.timeout": the value must be at most 120s, and it is 1h (own.yaml:3:33)',
    ],
  ])('%s', (text, code, message) => {
    const error = errorOf(() => compiled(text));
    expect([error.code, error.message]).toEqual([code, message]);
    expect(error.problems).toHaveLength(1);
  });

  it('says how many more there are', () => {
    const error = errorOf(() =>
      compiled('network_configuration: {vlans: [{device: e, id: 5}]}\nfiles: {/a: {source: a.txt}}'),
    );
    expect(error.problems.map(({ path }) => path)).toEqual(['network_configuration.vlans', 'files./a.source']);
    expect(error.message).toMatch(/; and 1 more$/);
  });
});

it('every kind is claimed by some facet', () => {
  const { claims } = compiled(`
software_stack: [nginx]
files: {/a: {content: x}}
services: {a.service: {state: running, unit: x, limits: {tasks_max: 1}}}
timers: {t: {on_calendar: daily, command: [/bin/true]}}
operating_system: {sysctl: {vm.swappiness: 1}, mounts: [{path: /m}], modules: [fuse]}
network_configuration: {firewall: {}, routes: [{to: default}], addresses: [{device: a, address: 10.0.0.1/8}], hosts: {a: 10.0.0.1}}
security_profile: {groups: {g: {}}, users: {u: {authorized_keys: ["ssh-rsa AAAA"]}}}
applications: {postgresql: {roles: {r: {}}}}
commands: [{name: c, check: [a], do: [b]}]`);
  const claimed: ReadonlySet<Kind> = new Set(claims.map(({ address }) => kindOf(address)));
  expect(claimed.size).toBe(18);
});

describe('secrets in files', () => {
  const content = (text: string) => compiled(`files: {/x: {content: ${JSON.stringify(text)}}}`);

  it('leave a recipe in the place of content, and a mode that only the owner can read', () => {
    const { claims, blobs, secretContents } = content('a {{ secret.tls }}\nb {{ secret.db }}');
    const digest = claims.find(({ field }) => field === 'digest')?.operands[0];
    expect([...secretContents]).toEqual([
      [(digest as { set: string }).set, ['a ', { secret: 'tls' }, '\nb ', { secret: 'db' }]],
    ]);
    expect(secretContents.keys().next().value).toMatch(/^secret:sha256:[0-9a-f]{64}$/);
    expect(claims.find(({ field }) => field === 'mode')?.operands).toEqual([{ set: '0600' }]);
    expect(blobs.size).toBe(0);
  });

  it('are told from text that looks like what stands for them', () => {
    const payload = '[{"secret":"tls"}] secret:sha256:00 hmac-sha256:00 \\{{ secret.tls }}';
    const { claims, blobs, secretContents } = content(payload);
    expect(secretContents.size).toBe(0);
    expect([...blobs.values()].map((bytes) => new TextDecoder().decode(bytes))).toEqual([
      '[{"secret":"tls"}] secret:sha256:00 hmac-sha256:00 {{ secret.tls }}',
    ]);
    expect(claims.some(({ field }) => field === 'mode')).toBe(false);
  });

  it('come as keys of their own, in a folder of guise or where the author says', () => {
    const { claims } = compiled(
      'security_profile: {encryption_keys: {tls: {secret: web-tls}, own: {secret: x, path: /srv/k, owner: web, mode: "0640"}}}',
    );
    const said = Object.fromEntries(
      claims
        .filter(({ field }) => field !== 'digest')
        .map(({ address, field, operands }) => [`${address} ${field}`, operands]),
    );
    expect(said).toEqual({
      'file:/etc/guise/keys/tls type': [{ set: 'file' }],
      'file:/etc/guise/keys/tls mode': [{ set: '0600' }],
      'file:/etc/guise/keys/tls owner': [{ set: 'root' }],
      'file:/etc/guise/keys/tls group': [{ set: 'root' }],
      'file:/srv/k type': [{ set: 'file' }],
      'file:/srv/k mode': [{ set: '0640' }],
      'file:/srv/k owner': [{ set: 'web' }],
      'file:/srv/k group': [{ set: 'root' }],
    });
  });
});

function digestOf(text: string): string {
  return digestOfBytes(new TextEncoder().encode(text));
}

function compiled(own: string, parent?: string) {
  const read = (text: string, file: string) => parseDocument(`guise: persona/v1\npersona_id: x\n${text}`, file);
  const ancestors = parent === undefined ? [] : [read(parent, 'parent.yaml')];
  return compileLayer(layerOf({ own: read(own, 'own.yaml'), ancestors }, { assignedBy: 'local' }), {});
}

function errorOf(act: () => unknown): GuiseError {
  try {
    act();
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
  throw new Error('Nothing was refused');
}
