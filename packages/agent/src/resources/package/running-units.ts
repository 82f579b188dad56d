/**
 * Units of packages that are about to be replaced or removed while their scripts may not talk to systemd.
 *
 * What ran from files that a newer package replaced is restarted, and what ran from files that went is stopped, as the scripts
 * would have done.
 */
import type { Host } from '../../host/host.ts';
import { readEnablements } from '../systemd/enablement.ts';
import { isAlive, isRunning } from '../systemd/unit-status.ts';

const infoDirectory = '/var/lib/dpkg/info';
const unitPath = /^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer|path))$/;

export async function runningUnitsOf(packages: readonly string[], host: Host): Promise<readonly string[]> {
  const units = packages.flatMap((name) => unitsOf(name, host));
  if (units.length === 0) return [];
  return [...(await host.systemd.report(units))].filter(([, report]) => isAlive(report)).map(([unit]) => unit);
}

export async function followFiles(units: readonly string[], host: Host): Promise<void> {
  if (units.length === 0) return;
  const reports = [...(await host.systemd.report(units))].filter(([, report]) => isAlive(report));
  const gone = new Set(
    [...readEnablements(units, host.files)].filter(([, state]) => state === 'absent').map(([unit]) => unit),
  );
  await host.systemd.run(
    reports.map(([unit, report]) => ({
      verb: gone.has(unit) || !isRunning(report) ? 'stop' : 'restart',
      unit,
    })),
  );
}

function unitsOf(name: string, host: Host): readonly string[] {
  const lists = host.files
    .list(infoDirectory)
    .filter((file) => file === `${name}.list` || (file.startsWith(`${name}:`) && file.endsWith('.list')));
  const paths = lists.flatMap((file) => (host.files.readText(`${infoDirectory}/${file}`) ?? '').split('\n'));
  return paths.flatMap((path) => unitPath.exec(path)?.[1] ?? []);
}
