/** What systemd's report on a unit means for a persona. Source: systemctl(1), org.freedesktop.systemd1(5). */
import type { ServiceState } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { UnitReport } from '../../host/systemd/port.ts';

export type Enablement = ServiceState['enabled'];

/** Whether the unit does its work, or is about to. A unit that systemd restarts because it died does not. */
export function isRunning({ activeState, subState }: UnitReport): boolean {
  switch (activeState) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return true;
    case 'activating':
      return subState !== 'auto-restart';
    default:
      return false;
  }
}

/** Whether there is anything to stop. */
export function isAlive({ activeState }: UnitReport): boolean {
  return activeState !== 'inactive' && activeState !== 'failed';
}

/** `generated` units come from a System V script, whose links say whether it starts at boot. */
export function enablementOf(host: Host, unit: string, { unitFileState }: UnitReport): Enablement {
  switch (unitFileState) {
    case 'masked':
    case 'masked-runtime':
      return 'masked';
    case 'enabled':
      return 'enabled';
    case 'disabled':
    case 'enabled-runtime':
      return 'disabled';
    case 'generated':
      return startsByScript(host, unit) ? 'enabled' : 'disabled';
    case '':
      return 'absent';
    default:
      return 'static';
  }
}

/**
 * Whether systemd would run the unit from older files than there are. It notices by itself when a file that it read changes or
 * goes, but a drop-in directory that is new only when it reads some other unit.
 */
export function needsReload(
  host: Host,
  unit: string,
  { needDaemonReload, dropInPaths, loadState }: UnitReport,
): boolean {
  if (needDaemonReload) return true;
  if (loadState === 'not-found') return false;
  const directory = `/etc/systemd/system/${unit}.d`;
  const onDisk = host.files.list(directory).filter((name) => name.endsWith('.conf'));
  const read = dropInPaths.filter((path) => path.startsWith(`${directory}/`));
  return onDisk.length !== read.length;
}

function startsByScript(host: Host, unit: string): boolean {
  const script = unit.replace(/\.service$/, '');
  return host.files.list('/etc/rc2.d').some((link) => /^S\d\d/.test(link) && link.slice(3) === script);
}
