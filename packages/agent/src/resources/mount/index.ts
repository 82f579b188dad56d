/**
 * Mounts, named by mount point.
 *
 * What is mounted is read from the kernel; all new mounts of a stage are one mount(8), all that go are one umount(8). A persistent one is an
 * entry of `/etc/fstab` as well (see overlay-file.ts). Missing directories on the way to the mount point come and go with it.
 * Throws: `command_failed` with what mount(8) or umount(8) said, such as that the mount point is busy.
 * Source: mount(8), fstab(5), proc_pid_mountinfo(5).
 */
import type { Address, MountState, State } from '@guise/model';
import { nameOf } from '@guise/model';
import { parseMountInfo } from '../../host/index.ts';
import type { Adapter } from '../adapter.ts';
import { applyMounts } from './apply.ts';
import { fstabPath, readFstab } from './fstab.ts';
import { mountListPath } from './mount-list.ts';
import { deviceNames, missingDirectories, mountState } from './mount-state.ts';

export const mountAdapter: Adapter = {
  kind: 'mount',
  offline: false,

  async observe(asked, { host: { files } }) {
    const mounts = new Map(
      parseMountInfo(files.readText('/proc/self/mountinfo') ?? '').map((mount) => [mount.path, mount]),
    );
    const fstab = readFstab(files);
    const deviceName = deviceNames(files);
    return new Map(
      asked.map(({ address, known }): [Address, State] => {
        const path = nameOf(address);
        const mount = mounts.get(path) ?? null;
        const state = mountState({ mount, entry: fstab(path), known: known as MountState | null, deviceName });
        return [address, { ...state, missing_directories: mount === null ? missingDirectories(path, files) : 0 }];
      }),
    );
  },

  apply: applyMounts,

  sweep(_addresses, { host: { files } }) {
    files.discardTemporary(fstabPath);
    files.remove(mountListPath);
  },
};
