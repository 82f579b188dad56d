/**
 * The work that every contender does: two personas of one size, `bench-web` and `bench-db`, described once.
 *
 * Each is 100 files of 1 KB from one template, 20 `net.*` sysctls, 5 users, one nftables ruleset and 5 services. Half of the
 * files have the same paths in both, with other content; the rest, the users and the services belong to one role alone, so a
 * switch writes 100 files and removes 50, adds and removes 5 users, stops 5 services and starts 5.
 * All of it is namespaced: nothing here can change the machine that the lab runs on.
 */
export const roles = ['web', 'db'] as const;
export type Role = (typeof roles)[number];

export interface ManagedFile {
  readonly path: string;
  /** Three digits; the template's `number`. */
  readonly number: string;
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly comment: string;
}

export interface Service {
  /** With its suffix. */
  readonly unit: string;
  readonly description: string;
}

export interface FirewallRule {
  readonly port: number;
  /** Source network; null for any. */
  readonly from: string | null;
}

export interface Persona {
  readonly role: Role;
  /** The same for each of its files; the template names them too. */
  readonly parameters: { readonly [name: string]: string };
  readonly files: readonly ManagedFile[];
  readonly sysctls: { readonly [name: string]: string };
  readonly users: readonly User[];
  /** Incoming tcp that is let in; all else is dropped. */
  readonly firewall: readonly FirewallRule[];
  readonly services: readonly Service[];
}

export const fileRoot = '/etc/bench';
export const nologin = '/usr/sbin/nologin';
const filesPerRole = 100;
const usersPerRole = 5;
const servicesPerRole = 5;
const fileSizeBytes = 1024;

export const personas: Readonly<Record<Role, Persona>> = {
  web: personaOf('web', {
    parameters: { role: 'web', domain: 'web.example.com', address: '10.20.0.10', port: '8080', workers: '16' },
    firstUid: 3100,
    firewall: [
      { port: 22, from: '10.0.0.0/8' },
      { port: 80, from: null },
      { port: 443, from: null },
      { port: 8080, from: '10.0.0.0/8' },
    ],
    sysctls: {
      'net.core.somaxconn': '8192',
      'net.ipv4.ip_default_ttl': '63',
      'net.ipv4.ip_local_port_range': '15000 64000',
      'net.ipv4.tcp_ecn': '1',
      'net.ipv4.tcp_fin_timeout': '15',
      'net.ipv4.tcp_keepalive_intvl': '15',
      'net.ipv4.tcp_keepalive_probes': '5',
      'net.ipv4.tcp_keepalive_time': '300',
      'net.ipv4.tcp_max_syn_backlog': '8192',
      'net.ipv4.tcp_max_tw_buckets': '200000',
      'net.ipv4.tcp_mtu_probing': '1',
      'net.ipv4.tcp_notsent_lowat': '131072',
      'net.ipv4.tcp_orphan_retries': '2',
      'net.ipv4.tcp_retries2': '8',
      'net.ipv4.tcp_rmem': '4096 87380 16777216',
      'net.ipv4.tcp_slow_start_after_idle': '0',
      'net.ipv4.tcp_syn_retries': '4',
      'net.ipv4.tcp_synack_retries': '3',
      'net.ipv4.tcp_tw_reuse': '1',
      'net.ipv4.tcp_wmem': '4096 65536 16777216',
    },
  }),
  db: personaOf('db', {
    parameters: { role: 'db', domain: 'db.example.com', address: '10.20.0.20', port: '5432', workers: '4' },
    firstUid: 3200,
    firewall: [
      { port: 22, from: '10.0.0.0/8' },
      { port: 5432, from: '10.20.0.0/16' },
      { port: 6432, from: '10.20.0.0/16' },
      { port: 9187, from: '10.30.0.0/16' },
    ],
    sysctls: {
      'net.core.somaxconn': '1024',
      'net.ipv4.ip_default_ttl': '62',
      'net.ipv4.ip_local_port_range': '40000 60000',
      'net.ipv4.tcp_ecn': '0',
      'net.ipv4.tcp_fin_timeout': '30',
      'net.ipv4.tcp_keepalive_intvl': '10',
      'net.ipv4.tcp_keepalive_probes': '3',
      'net.ipv4.tcp_keepalive_time': '60',
      'net.ipv4.tcp_max_syn_backlog': '2048',
      'net.ipv4.tcp_max_tw_buckets': '50000',
      'net.ipv4.tcp_mtu_probing': '2',
      'net.ipv4.tcp_notsent_lowat': '65536',
      'net.ipv4.tcp_orphan_retries': '1',
      'net.ipv4.tcp_retries2': '5',
      'net.ipv4.tcp_rmem': '4096 131072 8388608',
      'net.ipv4.tcp_slow_start_after_idle': '1',
      'net.ipv4.tcp_syn_retries': '3',
      'net.ipv4.tcp_synack_retries': '2',
      'net.ipv4.tcp_tw_reuse': '0',
      'net.ipv4.tcp_wmem': '4096 32768 8388608',
    },
  }),
};

export function otherOf(role: Role): Role {
  return role === 'web' ? 'db' : 'web';
}

/** Files that only this role has: a switch to the other one removes them. */
export function ownFiles(role: Role): readonly ManagedFile[] {
  const shared = new Set(personas[otherOf(role)].files.map(({ path }) => path));
  return personas[role].files.filter(({ path }) => !shared.has(path));
}

const template = `# Configuration of the @role@ role, part @number@ of ${filesPerRole}.
[listener]
address = @address@
port = @port@
backlog = 512
[workers]
count = @workers@
name = @role@-@number@
shutdown_grace = 30s
[names]
domain = @domain@
self = part-@number@.@domain@
[log]
level = info
target = journal
`;

/** The template with whatever a contender writes where a value goes. 1 KB once the role's values stand there. */
export function fileText(role: Role, placeholder: (name: string) => string): string {
  const { parameters } = personas[role];
  const fill = (value: (name: string) => string) =>
    template.replaceAll(/@([a-z]+)@/g, (_, name: string) => value(name));
  const rendered = fill((name) => (name === 'number' ? '000' : parameters[name]!));
  return `${fill(placeholder)}${comment(fileSizeBytes - rendered.length)}`;
}

/** A file as it must be on the host. */
export function renderedFile(role: Role, { number }: ManagedFile): string {
  return fileText(role, (name) => (name === 'number' ? number : personas[role].parameters[name]!));
}

export function unitText({ description }: Service): string {
  return `[Unit]
Description=${description}

[Service]
Type=exec
ExecStart=/usr/bin/sleep infinity

[Install]
WantedBy=multi-user.target
`;
}

type PersonaInput = Pick<Persona, 'parameters' | 'firewall' | 'sysctls'> & { readonly firstUid: number };

function personaOf(role: Role, { firstUid, ...rest }: PersonaInput): Persona {
  return {
    ...rest,
    role,
    files: indexes(filesPerRole).map((index) => {
      const number = String(index).padStart(3, '0');
      return { number, path: `${fileRoot}/${index % 2 === 0 ? 'shared' : role}/part-${number}.conf` };
    }),
    users: indexes(usersPerRole).map((index) => ({
      name: `bench-${role}${index}`,
      uid: firstUid + index,
      comment: `${role} ${index}`,
    })),
    services: indexes(servicesPerRole).map((index) => ({
      unit: `bench-${role}${index}.service`,
      description: `Service ${index} of the ${role} role`,
    })),
  };
}

function indexes(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Comment lines of this size in all, the last of which ends with a line break. */
function comment(sizeBytes: number): string {
  const line = `# ${'-'.repeat(61)}\n`;
  const whole = Math.floor(sizeBytes / line.length);
  const rest = sizeBytes - whole * line.length;
  return `${line.repeat(whole)}${rest === 0 ? '' : `${'#'.repeat(rest - 1)}\n`}`;
}
