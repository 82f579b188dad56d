/**
 * One real host with every contender installed and everything it needs on disk, kept as a snapshot: each measurement begins there.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lab } from '@guise/lab';
import { GuiseError, limits } from '@guise/model';
import type { Contender, Files } from './contenders/contender.ts';

export const hostName = 'bench';
const snapshot = 'ready';
const markFile = '/srv/bench/prepared';
/** measure.py needs it; every contender's commands may. */
const toolPackages = ['python3-minimal', 'libpython3-stdlib'];

/** Debian packages whose versions say what was measured. */
const namedPackages = ['bash', 'cfengine3', 'puppet-agent', 'ansible-core', 'systemd', 'nftables'];

/** Boots the host and prepares it, unless an earlier run with `--keep` left one that is as this one would be. */
export async function prepareHost(
  lab: Lab,
  contenders: readonly Contender[],
  report: (line: string) => void,
): Promise<void> {
  await lab.up([{ name: hostName }]);
  const mark = createHash('sha256').update(JSON.stringify(contenders)).digest('hex');
  if (await hasMark(lab, mark)) return report('the prepared host of an earlier run is still there');
  report('installing the contenders');
  const packages = new Set([...toolPackages, ...contenders.flatMap((contender) => contender.packages)]);
  await mustRun(lab, ['apt-get', 'install', '--yes', '--quiet', ...packages], limits.packageTimeoutMs);
  for (const { files } of contenders) writeHostFiles(lab.host(hostName).root, files);
  writeHostFiles(lab.host(hostName).root, { [markFile]: mark });
  await mustRun(lab, ['sync']);
  await lab.snapshot(hostName, snapshot);
}

/** The host as prepared, freshly booted, with all of its programs in the page cache, so that nobody pays for a cold disk. */
export async function freshHost(lab: Lab): Promise<void> {
  await lab.restore(hostName, snapshot);
  await mustRun(
    lab,
    ['find', '/usr', '/srv', '-xdev', '-type', 'f', '-exec', 'wc', '-l', '{}', '+'],
    limits.labCommandTimeoutMs,
  );
}

/** Package → version, of those that are installed. */
export async function installedVersions(lab: Lab): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await lab.run(hostName, ['dpkg-query', '--show', ...namedPackages]);
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
}

/** Throws: `command_failed`. */
export async function mustRun(
  lab: Lab,
  argv: readonly string[],
  timeoutMs: number = limits.labCommandTimeoutMs,
): Promise<void> {
  const { status, stdout, stderr } = await lab.run(hostName, argv, { timeoutMs });
  if (status === 0) return;
  throw new GuiseError(
    'command_failed',
    `Cannot run ${argv.join(' ').slice(0, 200)} in the host: ${(stderr || stdout).slice(-1000)}`,
  );
}

async function hasMark(lab: Lab, mark: string): Promise<boolean> {
  try {
    await lab.restore(hostName, snapshot);
    return readFileSync(join(lab.host(hostName).root, markFile), 'utf8') === mark;
  } catch (error) {
    if (error instanceof GuiseError && error.code === 'version_not_found') return false;
    throw error;
  }
}

/** Into the tree of a host, from outside. */
export function writeHostFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { force: true });
    if (typeof content === 'string') writeFileSync(target, content);
    else symlinkSync(content.target, target);
  }
}
