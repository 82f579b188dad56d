/**
 * Whether units start at boot, told from the links and files that decide it, as systemd does.
 *
 * Asking systemd gives what was true when it last read the unit, or costs milliseconds for each. A unit that others only name,
 * or that comes with another one (`Also=`), has nothing of its own to be switched and is `static`.
 * Source: systemctl(1) "is-enabled", systemd.unit(5) "[Install] section options" and "Unit File Load Path".
 */
import type { ServiceState } from '@guise/model';
import type { Files } from '../../host/host.ts';

export type Enablement = ServiceState['enabled'];

const configuration = '/etc/systemd/system';
/** In the order in which systemd looks. */
const unitDirectories = [
  configuration,
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const generated = '/run/systemd/generator.late';
const ownSwitch = /^(WantedBy|RequiredBy|UpheldBy|Alias)\s*=\s*\S/m;

export function readEnablements(units: readonly string[], files: Files): ReadonlyMap<string, Enablement> {
  const linked = linkedUnits(files);
  return new Map(units.map((unit) => [unit, enablementOf(unit, linked, files)]));
}

function enablementOf(unit: string, linked: ReadonlySet<string>, files: Files): Enablement {
  const fragment = fragmentOf(unit, files);
  if (fragment === null)
    return files.status(`${generated}/${unit}`).type === 'file' ? bootOfScript(unit, files) : 'absent';
  if (fragment.target === '/dev/null') return 'masked';
  // Another name of a unit has no switch of its own either.
  if (fragment.target !== null && baseName(fragment.target) !== unit) return 'static';
  if (linked.has(unit) || (unit.includes('@.') && hasInstance(unit, linked))) return 'enabled';
  const text = files.readText(fragment.path) ?? '';
  return ownSwitch.test(text.slice(text.indexOf('[Install]'))) && text.includes('[Install]') ? 'disabled' : 'static';
}

/** Units that something below `/etc/systemd/system` links to: `X.wants/UNIT`, or another name for it. */
function linkedUnits(files: Files): ReadonlySet<string> {
  const linked = new Set<string>();
  for (const entry of files.list(configuration)) {
    const path = `${configuration}/${entry}`;
    if (/\.(wants|requires|upholds)$/.test(entry)) for (const name of files.list(path)) linked.add(name);
    else {
      const { target } = files.status(path);
      if (target !== null && baseName(target) !== entry) linked.add(baseName(target));
    }
  }
  return linked;
}

/** An instance, `getty@tty1.service`, has the file of its template. */
function fragmentOf(unit: string, files: Files): { readonly path: string; readonly target: string | null } | null {
  const template = unit.replace(/@.*(\.[a-z]+)$/, '@$1');
  for (const name of new Set([unit, template])) {
    for (const directory of unitDirectories) {
      const path = `${directory}/${name}`;
      const { type, target } = files.status(path);
      if (type === 'file') return { path, target: null };
      if (type === 'symlink') return { path, target };
    }
  }
  return null;
}

function hasInstance(template: string, linked: ReadonlySet<string>): boolean {
  const [prefix = '', suffix = ''] = template.split('@');
  return [...linked].some((name) => name.startsWith(`${prefix}@`) && name.endsWith(suffix));
}

function bootOfScript(unit: string, files: Files): Enablement {
  const script = unit.replace(/\.service$/, '');
  return files.list('/etc/rc2.d').some((link) => /^S\d\d/.test(link) && link.slice(3) === script)
    ? 'enabled'
    : 'disabled';
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
