/**
 * Kernel modules: loaded now, and named in `/etc/modules-load.d/guise-NAME.conf` for the next boot.
 *
 * All of a stage are loaded with one modprobe(8) and removed with one. Names are compared as the kernel does, with `-` and `_` alike. A module
 * that is built in counts as loaded and cannot be unloaded.
 * Throws: `command_failed` with what modprobe(8) said.
 * Source: modprobe(8), modules-load.d(5).
 */
import type { Address, ModuleState, State } from '@guise/model';
import { nameOf } from '@guise/model';
import type { Files } from '../../host/index.ts';
import type { Adapter } from '../adapter.ts';

export const moduleAdapter: Adapter = {
  kind: 'module',
  offline: false,

  async observe(asked, { host: { files } }) {
    return new Map(
      asked.map(({ address }): [Address, State] => {
        const name = nameOf(address);
        const state: ModuleState = {
          loaded: isLoaded(name, files),
          persistent: files.status(loadFile(name)).type === 'file',
        };
        return [address, state];
      }),
    );
  },

  async apply(changes, { host, signal }) {
    const { files } = host;
    const goals = changes.map(({ address, after }) => ({ name: nameOf(address), after: after as ModuleState }));
    const leaving = goals.filter(({ name, after }) => !after.loaded && isLoaded(name, files)).map(({ name }) => name);
    const coming = goals.filter(({ name, after }) => after.loaded && !isLoaded(name, files)).map(({ name }) => name);
    if (leaving.length > 0) await host.run(['modprobe', '--remove', '--all', '--', ...leaving], { signal });
    if (coming.length > 0) await host.run(['modprobe', '--all', '--', ...coming], { signal });
    for (const { name, after } of goals) {
      const path = loadFile(name);
      if (!after.persistent) files.remove(path);
      else if (files.status(path).type !== 'file')
        files.write({ path, content: Buffer.from(`${name}\n`), mode: '0644', uid: 0, gid: 0 });
    }
  },

  sweep(addresses, { host }) {
    for (const address of addresses) host.files.discardTemporary(loadFile(nameOf(address)));
  },
};

/** Built-in modules without parameters have no folder in sysfs; those are named in the list that comes with the kernel. */
function isLoaded(name: string, files: Files): boolean {
  const folded = name.replaceAll('-', '_');
  return files.status(`/sys/module/${folded}`).type === 'directory' || builtIn(files).has(folded);
}

function builtIn(files: Files): ReadonlySet<string> {
  const release = (files.readText('/proc/sys/kernel/osrelease') ?? '').trim();
  const list = files.readText(`/lib/modules/${release}/modules.builtin`) ?? '';
  return new Set(
    list.split('\n').map((line) =>
      line
        .replace(/^.*\//, '')
        .replace(/\.ko.*$/, '')
        .replaceAll('-', '_'),
    ),
  );
}

function loadFile(name: string): string {
  return `/etc/modules-load.d/guise-${name}.conf`;
}
