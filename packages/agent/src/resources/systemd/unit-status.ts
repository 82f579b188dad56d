/** What systemd's report on a unit means for a persona. Source: systemctl(1), org.freedesktop.systemd1(5). */
import type { Files } from '../../host/host.ts';
import type { UnitOrigin, UnitReport } from '../../host/systemd/port.ts';

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

/**
 * Whether systemd would run the unit from older files than there are. It notices by itself when a file that it read changes or
 * goes, but a drop-in directory that is new only when it reads some other unit.
 */
export function needsReload(files: Files, unit: string, { needDaemonReload, dropInPaths }: UnitOrigin): boolean {
  if (needDaemonReload) return true;
  const directory = `/etc/systemd/system/${unit}.d`;
  const onDisk = files.list(directory).filter((name) => name.endsWith('.conf'));
  const read = dropInPaths.filter((path) => path.startsWith(`${directory}/`));
  return onDisk.length !== read.length;
}
