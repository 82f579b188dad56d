/**
 * Everything about a host that guise could have changed, as hashes by name, so that "as before" can be checked and what is not can be named.
 *
 * Runs inside the host, as root; as a program it prints JSON: `{section: {key: hash}}`. Sections: files, usr, sysctl, packages, services,
 * firewall, routes, addresses, mounts, modules.
 *
 * What it does not see: modification times; contents below `/usr` (there size, modification time, mode and owner stand for them, because the
 * packages of 10,000 files are guarded by the packages section); unit files by name, because enabling one is a link below `/etc`; what `volatile` lists, each because the host itself changes it while
 * nothing is asked of it, or a package manager does in caches and logs.
 */
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export type Section = { readonly [key: string]: string };
export type Fingerprint = { readonly [section: string]: Section };

const volatile = [
  /^\/(proc|sys|dev|run|tmp|boot|lost\+found|opt\/guise)$/,
  /^\/var\/(log|cache|tmp|backups|lib\/(guise|apt|dpkg))$/,
  /^\/var\/lib\/systemd\/(random-seed|timers|catalog|linger|timesync)$/,
  // What shadow-utils and package scripts leave beside the account files; the files themselves are in.
  /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^\/etc\/(\.pwd\.lock|ld\.so\.cache)$/,
  /^\/root\/\.(bash_history|cache)$/,
];
/** Counters, secrets that cannot be read, and what the kernel adapts by itself. */
const volatileSysctl =
  /(nf_conntrack_count|stable_secret|\/flush|\/neigh\/.*_stale_time|tcp_fastopen_key|inet_peer|nf_conntrack_buckets|max_dgram_qlen)$/;
const contentBytesMax = 16 * 1024 * 1024;
const outputBytesMax = 32 * 1024 * 1024;
const settleAttempts = 100;
const settleRetryMs = 100;

export async function fingerprint(): Promise<Fingerprint> {
  const addresses = await settledAddresses();
  const [packages, services, firewall, routes, routes6] = await Promise.all([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders.
    lines(['dpkg-query', '-W', '-f', '${Package}:${Architecture}\\t${Version} ${db:Status-Abbrev}\\n']),
    lines([
      'systemctl',
      'list-units',
      '--all',
      '--type=service,timer,socket,path',
      '--no-legend',
      '--no-pager',
      '--plain',
    ]),
    lines(['nft', '--stateless', 'list', 'ruleset']),
    lines(['ip', '-4', 'route', 'show', 'table', 'all']),
    lines(['ip', '-6', 'route', 'show', 'table', 'all']),
  ]);
  return {
    ...files(),
    sysctl: sysctls(),
    packages: keyed(packages, (line) => line.split('\t')[0]!),
    services: keyed(services.map(activeState).filter(isAlive), (line) => line.split(' ')[0]!),
    firewall: { ruleset: short(firewall.join('\n')) },
    routes: keyed([...routes, ...routes6].map(withoutLifetimes), (line) => line),
    addresses: keyed(addresses.map(withoutLifetimes), (line) => line),
    mounts: keyed(mounts(), (line) => line.split(' ')[1]!),
    modules: keyed(modules(), (line) => line),
  };
}

/** One sentence for each key that is not the same, such as `files /etc/hosts: changed`. */
export function diffFingerprints(before: Fingerprint, after: Fingerprint): readonly string[] {
  const differences: string[] = [];
  for (const section of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[section] ?? {};
    const now = after[section] ?? {};
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (old[key] === now[key]) continue;
      const what = old[key] === undefined ? 'is new' : now[key] === undefined ? 'is gone' : 'changed';
      differences.push(`${section} ${key}: ${what} (${old[key] ?? '-'} → ${now[key] ?? '-'})`);
    }
  }
  return differences.sort();
}

/** An address that is still being checked for duplicates gets further routes in a second or two; that is not what is looked for. */
async function settledAddresses(): Promise<readonly string[]> {
  for (let attempt = 0; attempt < settleAttempts; attempt += 1) {
    const addresses = await lines(['ip', '-oneline', 'address', 'show']);
    if (!addresses.some((line) => line.includes(' tentative'))) return addresses;
    await sleep(settleRetryMs);
  }
  throw new Error(`An address was still tentative after ${(settleAttempts * settleRetryMs) / 1000} s`);
}

function files(): Fingerprint {
  const own: { [path: string]: string } = {};
  const usr: { [directory: string]: string } = {};
  const pending = [''];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const below = directory.startsWith('/usr');
    const entries: string[] = [];
    for (const name of list(directory)) {
      const path = `${directory}/${name}`;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined || volatile.some((pattern) => pattern.test(path))) continue;
      if (below)
        entries.push(`${name} ${metadata(stats)} ${stats.isDirectory() ? '' : `${stats.size} ${stats.mtimeMs}`}`);
      else own[path] = `${metadata(stats)} ${contentOf(path, stats)}`;
      if (stats.isDirectory()) pending.push(path);
    }
    if (below) usr[directory] = short(entries.join('\n'));
  }
  return { files: own, usr };
}

/** Type and permissions as octal digits, owner, number of links. */
function metadata(stats: Stats): string {
  return `${stats.mode.toString(8)} ${stats.uid}:${stats.gid}${stats.isFile() ? ` ${stats.nlink}` : ''}`;
}

/** Hashes of an earlier fingerprint in this process. No content changes without the inode's change time, so nothing is missed. */
const hashed = new Map<string, { readonly version: string; readonly hash: string }>();

function contentOf(path: string, stats: Stats): string {
  if (stats.isSymbolicLink()) return readlinkSync(path);
  if (!stats.isFile()) return '';
  if (stats.size > contentBytesMax) return `${stats.size} ${stats.mtimeMs}`;
  const version = `${stats.ino} ${stats.ctimeMs} ${stats.size}`;
  const known = hashed.get(path);
  if (known?.version === version) return known.hash;
  const hash = short(readFileSync(path));
  hashed.set(path, { version, hash });
  return hash;
}

function sysctls(): Section {
  const values: { [key: string]: string } = {};
  const pending = ['/proc/sys/net'];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const name of list(directory)) {
      const path = `${directory}/${name}`;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory() === true) pending.push(path);
      else if (stats !== undefined && (stats.mode & 0o400) !== 0 && !volatileSysctl.test(path))
        values[path.slice('/proc/sys/'.length)] = small(path);
    }
  }
  return values;
}

function mounts(): readonly string[] {
  return small('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^\d+ \d+ \S+ /, '').replace(/ (shared|master|propagate_from):\d+/g, ''))
    .sort();
}

function modules(): readonly string[] {
  return small('/proc/modules')
    .split('\n')
    .flatMap((line) => line.split(' ')[0] || []);
}

/** A service that is starting or stopping will soon be either; the test that asks waits for that itself. */
function activeState(line: string): string {
  const [unit, load, active, sub] = line
    .replace(/^\S*●\s*/, '')
    .trim()
    .split(/\s+/);
  return `${unit} ${load} ${active} ${sub}`;
}

/** A unit that is inactive is its files, which have their own sections; whether systemd happens to have read them says nothing. */
function isAlive(line: string): boolean {
  return !/^\S+ \S+ inactive /.test(line);
}

function withoutLifetimes(line: string): string {
  return line
    .replace(/\s*(valid_lft|preferred_lft|expires) \S+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

async function lines(argv: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...rest] = argv;
  try {
    const { stdout } = await promisify(execFile)(program, rest, {
      maxBuffer: outputBytesMax,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
    });
    return stdout.split('\n').filter((line) => line !== '');
  } catch (error) {
    // A host without nftables has no ruleset; one that cannot answer for another reason must not pass for one.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function keyed(all: readonly string[], keyOf: (line: string) => string): Section {
  const section: { [key: string]: string } = {};
  for (const line of [...all].sort()) section[keyOf(line)] = short(`${section[keyOf(line)] ?? ''}${line}`);
  return section;
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory === '' ? '/' : directory).sort();
  } catch {
    return [];
  }
}

const buffer = Buffer.alloc(1024 * 1024);

/** Files of /proc say size 0, and some refuse to be read in pieces. */
function small(path: string): string {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      let length = 0;
      for (let read = -1; read !== 0 && length < buffer.length; length += read)
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      return buffer.toString('utf8', 0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  }
}

function short(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex').slice(0, 16);
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await fingerprint())}\n`);
