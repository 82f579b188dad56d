/** A host of one small world, consistent in itself whatever is chosen, so that any of them can become any other. For property tests. */
import type { Address, State } from '@guise/model';
import { absentState } from '../kinds/index.ts';

type Account = 'web' | 'db';

interface ServiceChoice {
  readonly running: boolean;
  readonly enabled: boolean;
}

/** Independent of each other; a choice that another one rules out counts for nothing. */
export interface Choices {
  readonly packages: { readonly nginx: string | null; readonly postgresql: string | null };
  readonly groups: { readonly [Name in Account]: boolean };
  /** Their primary groups. */
  readonly users: { readonly [Name in Account]: Account | null };
  readonly key: boolean;
  readonly modules: { readonly fuse: boolean; readonly br_netfilter: boolean };
  readonly sysctls: { readonly forward: string; readonly redirects: string; readonly bridge: string };
  readonly directories: { readonly srv: boolean; readonly data: boolean; readonly web: boolean };
  readonly fileOwner: 'root' | Account;
  readonly files: { readonly data: string | null; readonly web: string | null; readonly link: boolean };
  readonly mounted: boolean;
  readonly unit: string | null;
  readonly dropIn: string | null;
  readonly network: {
    readonly address: boolean;
    readonly route: boolean;
    readonly hosts: boolean;
    readonly policy: 'accept' | 'drop' | null;
  };
  readonly services: {
    readonly nginx: ServiceChoice;
    readonly postgresql: ServiceChoice;
    readonly shop: ServiceChoice;
  };
  readonly quota: number | null;
  readonly timer: string | null;
  readonly databases: { readonly role: boolean; readonly shop: boolean };
  readonly command: boolean;
}

const accounts = ['web', 'db'] as const;

export function consistentHost(choice: Choices): ReadonlyMap<Address, State> {
  return new Map<Address, State>([
    ...accountStates(choice),
    ...fileStates(choice),
    ...systemStates(choice),
    ...serviceStates(choice),
  ]);
}

function accountStates({ groups, users, key }: Choices): readonly (readonly [Address, State])[] {
  const has = (group: Account) => groups[group];
  const user = (name: Account): State => {
    const group = users[name];
    if (group === null || !has(group)) return absentState('user');
    const home = `/home/${name}`;
    return {
      ...absentState('user'),
      present: true,
      uid: 1001,
      group,
      home,
      shell: '/bin/sh',
      comment: '',
      password: '!',
      home_present: true,
    };
  };
  const web = user('web');
  return [
    ...accounts.map((name): readonly [Address, State] => [
      `group:${name}`,
      { present: groups[name], gid: groups[name] ? 1001 : null, torn: false, record: null },
    ]),
    ['user:web', web],
    ['user:db', user('db')],
    [
      'authorized_key:web/0011223344556677',
      key && web['present'] ? { present: true, line: 'ssh-ed25519 AAAA' } : absentState('authorized_key'),
    ],
  ];
}

function fileStates(choice: Choices): readonly (readonly [Address, State])[] {
  const { directories, files, fileOwner, users, groups, modules } = choice;
  const group = fileOwner === 'root' ? null : users[fileOwner];
  const owner = fileOwner === 'root' || (group !== null && groups[group]) ? fileOwner : 'root';
  const directory = (present: boolean): State =>
    present
      ? { type: 'directory', digest: null, target: null, mode: '0755', owner, group: 'root' }
      : absentState('file');
  const file = (digest: string | null): State =>
    digest === null ? absentState('file') : { type: 'file', digest, target: null, mode: '0644', owner, group: 'root' };
  const data = directories.srv && directories.data;
  const web = directories.srv && directories.web;
  const mounted = choice.mounted && data && modules.fuse;
  const link: State = { type: 'symlink', digest: null, target: '/srv', mode: null, owner: 'root', group: 'root' };
  return [
    // Files are written first here, so that their order in a plan owes nothing to the order in this map.
    ['file:/srv/data/disk/x', mounted ? file(files.data) : absentState('file')],
    ['file:/srv/web/index.html', web ? file(files.web) : absentState('file')],
    ['file:/srv/web', web ? directory(true) : directories.srv && files.link ? link : absentState('file')],
    ['file:/srv/data/disk', directory(data)],
    ['file:/srv/data', directory(data)],
    ['file:/srv', directory(directories.srv)],
    [
      'mount:/srv/data/disk',
      mounted ? { ...absentState('mount'), mounted, device: '/dev/sdb', fstype: 'ext4' } : absentState('mount'),
    ],
  ];
}

function systemStates({ modules, sysctls, network, timer, command }: Choices): readonly (readonly [Address, State])[] {
  const bridge = modules.br_netfilter ? sysctls.bridge : null;
  const route: State = { present: true, via: '10.0.0.1', device: 'eth0', metric: null };
  const { policy } = network;
  const timerState: State = { timer_unit: timer, service_unit: timer, state: 'running', enabled: true };
  return [
    ['sysctl:net.bridge.bridge-nf-call-iptables', { value: bridge }],
    ['sysctl:net.ipv4.conf.all.accept_redirects', { value: sysctls.redirects }],
    ['sysctl:net.ipv4.ip_forward', { value: sysctls.forward }],
    ['module:fuse', { loaded: modules.fuse, persistent: modules.fuse }],
    ['module:br_netfilter', { loaded: modules.br_netfilter, persistent: false }],
    ['address:eth0/10.0.0.5/24', { present: network.address }],
    ['route:10.9.0.0/16', network.address && network.route ? route : absentState('route')],
    ['hosts_entry:db', { ip: network.hosts ? '10.0.0.9' : null }],
    ['firewall:inet', policy === null ? absentState('firewall') : { present: true, policy, rules: [] }],
    ['timer:nightly', timer === null ? absentState('timer') : timerState],
    ['command:seed', { done: command, check: ['test'], do: ['seed'], undo: ['unseed'] }],
  ];
}

function serviceStates(choice: Choices): readonly (readonly [Address, State])[] {
  const { packages, unit, dropIn, services, quota, databases } = choice;
  const service = (hasUnit: boolean, { running, enabled }: ServiceChoice): State => ({
    state: hasUnit && running ? 'running' : 'stopped',
    enabled: hasUnit ? (enabled ? 'enabled' : 'disabled') : 'absent',
    reload_on: ['file:/srv/web/**'],
    restart_on: ['file:/srv/data/**'],
  });
  const postgresql = service(packages.postgresql !== null, services.postgresql);
  const role = postgresql['state'] === 'running' && databases.role;
  return [
    ['service:nginx.service', service(packages.nginx !== null, services.nginx)],
    ['service:postgresql.service', postgresql],
    ['service:shop.service', service(unit !== null, services.shop)],
    ['unit:shop.service', { digest: unit }],
    ['unit:nginx.service.d/10-guise.conf', { digest: dropIn }],
    ['limit:shop.service', { ...absentState('limit'), cpu_quota_percent: quota }],
    ['package:nginx', { version: packages.nginx }],
    ['package:postgresql', { version: packages.postgresql }],
    [
      'database:postgresql/database/shop',
      role && databases.shop ? { present: true, owner: 'shop', schema: null, login: null } : absentState('database'),
    ],
    [
      'database:postgresql/role/shop',
      role ? { present: true, owner: null, schema: null, login: true } : absentState('database'),
    ],
  ];
}
