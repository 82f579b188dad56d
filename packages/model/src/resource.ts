/**
 * Resources: the things on a host that a persona can say something about.
 *
 * An address names one of them, `kind:name`. Its state is a flat record of JSON fields, complete enough to put the resource
 * back exactly as it was. Every kind has one state that means "not there"; see `absentState` in @guise/decide.
 * Source: ../shared/DESIGN.md "Words".
 */
import { GuiseError } from './errors.ts';
import type { Digest } from './ids.ts';
import type { Json } from './json.ts';

export const kinds = [
  'package',
  'group',
  'user',
  'authorized_key',
  'module',
  'sysctl',
  'mount',
  'file',
  'hosts_entry',
  'unit',
  'address',
  'route',
  'firewall',
  'limit',
  'service',
  'timer',
  'database',
  'command',
] as const;

export type Kind = (typeof kinds)[number];
export type Address = `${Kind}:${string}`;
export type State = { readonly [field: string]: Json };

export interface FileState extends State {
  /**
   * `name` of the address is the absolute path. Everything but `type` is null where it does not apply. In a target directory, null
   * `mode`, `owner` and `group` accept what is there: such are the parent directories that come with a file, which a package or a
   * user may turn out to bring.
   */
  readonly type: 'absent' | 'file' | 'directory' | 'symlink';
  readonly digest: Digest | null;
  readonly target: string | null;
  /** Four octal digits, such as `0644`. */
  readonly mode: string | null;
  readonly owner: string | null;
  readonly group: string | null;
}

export interface PackageState extends State {
  /** Exact Debian version, or null when it is not installed. Before resolution a target may hold a glob such as `7.88.*` or `*`. */
  readonly version: string | null;
}

/**
 * Where account entries stood, by place (`passwd`, `shadow`, `group`, `gshadow`, `group/GROUP` for a member list): the text, the name of
 * the entry before it and its index. So an entry that guise removed returns byte for byte to its place.
 */
export type AccountRecord = {
  readonly [place: string]: { readonly text: string; readonly after: string | null; readonly index: number };
};

export interface GroupState extends State {
  readonly present: boolean;
  readonly gid: number | null;
  /** Carried, not compared; null in targets. */
  /** The shadow files do not agree with passwd and group: somebody, perhaps a killed run, wrote only some of them. */
  readonly torn: boolean;
  readonly record: AccountRecord | null;
}

export interface UserState extends State {
  readonly present: boolean;
  readonly uid: number | null;
  /** Primary group's name. */
  readonly group: string | null;
  /** Supplementary groups, sorted. */
  readonly groups: readonly string[];
  readonly home: string | null;
  readonly shell: string | null;
  readonly comment: string | null;
  /** The crypt(5) field of shadow(5), `!` for locked. */
  readonly password: string | null;
  readonly home_present: boolean;
  /** Carried, not compared; null in targets. */
  /** The shadow files do not agree with passwd and group: somebody, perhaps a killed run, wrote only some of them. */
  readonly torn: boolean;
  readonly record: AccountRecord | null;
}

/** Named `USER/KEY-ID`, where KEY-ID is the first 16 hexadecimal digits of the SHA-256 of the base64 key blob. */
export interface AuthorizedKeyState extends State {
  readonly present: boolean;
  /** The whole line: options, type, blob, comment. */
  readonly line: string | null;
}

export interface SysctlState extends State {
  /** As `/proc/sys` prints it, blanks folded to one space; null when the kernel has no such key. */
  readonly value: string | null;
}

/** Named by mount point. */
export interface MountState extends State {
  readonly mounted: boolean;
  readonly device: string | null;
  readonly fstype: string | null;
  /** Sorted. */
  readonly options: readonly string[];
  /** Whether fstab(5) has it too. */
  readonly persistent: boolean;
  /** How many directories, from the mount point up, do not exist; 0 when mounted. They are made and removed with the mount. */
  readonly missing_directories: number;
}

export interface ModuleState extends State {
  readonly loaded: boolean;
  readonly persistent: boolean;
}

/** Named by host name. */
export interface HostsEntryState extends State {
  readonly ip: string | null;
}

/** Named by unit file or drop-in below `/etc/systemd/system`, such as `shop.service` or `nginx.service.d/10-limits.conf`. */
export interface UnitState extends State {
  readonly digest: Digest | null;
}

/** Named `DEVICE/ADDRESS/PREFIX`, such as `eth0/10.0.0.5/24`. */
export interface AddressState extends State {
  readonly present: boolean;
}

/** Named by destination, such as `10.9.0.0/16` or `default`. */
export interface RouteState extends State {
  readonly present: boolean;
  readonly via: string | null;
  readonly device: string | null;
  readonly metric: number | null;
}

export interface FirewallRule extends State {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Port or range such as `8000-8100`; null for icmp. */
  readonly port: string | null;
  /** Source network, or null for any. */
  readonly from: string | null;
  readonly verdict: 'accept' | 'drop';
}

/** The only name is `inet`: the table `inet guise`. */
export interface FirewallState extends State {
  readonly present: boolean;
  /** Verdict for what no rule matches, on the input hook. */
  readonly policy: 'accept' | 'drop' | null;
  readonly rules: readonly FirewallRule[];
}

/** Named by unit. Null means no limit by guise. */
export interface LimitState extends State {
  readonly cpu_quota_percent: number | null;
  readonly memory_max_bytes: number | null;
  readonly tasks_max: number | null;
  readonly io_weight: number | null;
}

export interface ServiceState extends State {
  readonly state: 'running' | 'stopped';
  readonly enabled: 'enabled' | 'disabled' | 'masked' | 'static' | 'absent';
  /** Carried, not compared: address globs such as `file:/etc/nginx/**`. */
  readonly reload_on: readonly string[];
  readonly restart_on: readonly string[];
}

/** A timer unit and the oneshot service it starts, both below `/etc/systemd/system`; named `NAME` without suffix. */
export interface TimerState extends State {
  readonly timer_unit: Digest | null;
  readonly service_unit: Digest | null;
  readonly state: 'running' | 'stopped';
  readonly enabled: boolean;
}

/** Named `postgresql/role/NAME` or `postgresql/database/NAME`. */
export interface DatabaseState extends State {
  readonly present: boolean;
  readonly owner: string | null;
  /** Digest of the schema file that was loaded, null when none was. */
  readonly schema: Digest | null;
  /** Roles only. */
  readonly login: boolean | null;
}

/** `done` is what `check` answers; the vectors are carried so that undo is possible when the persona is gone. */
export interface CommandState extends State {
  readonly done: boolean;
  readonly check: readonly string[];
  readonly do: readonly string[];
  readonly undo: readonly string[] | null;
}

export interface StateByKind {
  readonly file: FileState;
  readonly package: PackageState;
  readonly group: GroupState;
  readonly user: UserState;
  readonly authorized_key: AuthorizedKeyState;
  readonly sysctl: SysctlState;
  readonly mount: MountState;
  readonly module: ModuleState;
  readonly hosts_entry: HostsEntryState;
  readonly unit: UnitState;
  readonly address: AddressState;
  readonly route: RouteState;
  readonly firewall: FirewallState;
  readonly limit: LimitState;
  readonly service: ServiceState;
  readonly timer: TimerState;
  readonly database: DatabaseState;
  readonly command: CommandState;
}

const kindSet: ReadonlySet<string> = new Set(kinds);

export function addressOf(kind: Kind, name: string): Address {
  return `${kind}:${name}`;
}

export function kindOf(address: Address): Kind {
  return address.slice(0, address.indexOf(':')) as Kind;
}

export function nameOf(address: Address): string {
  return address.slice(address.indexOf(':') + 1);
}

/** Throws: `address_invalid` when the text is not `kind:name` with a known kind. */
export function parseAddress(text: string): Address {
  const colon = text.indexOf(':');
  if (colon > 0 && colon < text.length - 1 && kindSet.has(text.slice(0, colon))) return text as Address;
  throw new GuiseError(
    'address_invalid',
    `Cannot read ${JSON.stringify(text.slice(0, 120))} as an address: it must be kind:name, and the kinds are ${kinds.join(', ')}`,
  );
}
