/** Mounts several file systems with one mount(8), which takes a list in the format of fstab(5) from a file. */
import type { MountState } from '@guise/model';
import type { Host } from '../../host/index.ts';
import { fstabLine } from './fstab.ts';

/** In memory, and never left behind by a run that ends. */
export const mountListPath = '/run/guise-mounts.fstab';

/** Parents before children, as given. Throws: `command_failed`. */
export async function mountAll(
  mounts: readonly (readonly [path: string, state: MountState])[],
  host: Host,
  signal: AbortSignal,
): Promise<void> {
  if (mounts.length === 0) return;
  const lines = mounts.map(
    ([path, state]) =>
      `${fstabLine(path, { ...state, options: state.options.filter((option) => option !== 'noauto') })}\n`,
  );
  host.files.write({ path: mountListPath, content: Buffer.from(lines.join('')), mode: '0600', uid: 0, gid: 0 });
  try {
    await host.run(['mount', '--all', '--fstab', mountListPath], { signal });
  } finally {
    host.files.remove(mountListPath);
  }
}
