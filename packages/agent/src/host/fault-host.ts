/** A host with a point before and after every call that changes it, for tests that crash there. */
import type { FaultPoints } from './faults.ts';
import type { Files, Host } from './host.ts';
import type { Systemd } from './systemd/port.ts';

export function faultHost(host: Host, faults: FaultPoints): Host {
  return {
    root: host.root,
    live: host.live,
    files: faultFiles(host.files, faults),
    systemd: faultSystemd(host.systemd, faults),
    facts: () => host.facts(),
    run: async (argv, options) => {
      if (options?.reads === true) return host.run(argv, options);
      faults.point(`before run ${argv.join(' ')}`);
      const result = await host.run(argv, options);
      faults.point(`after run ${argv.join(' ')}`);
      return result;
    },
  };
}

function faultFiles(files: Files, faults: FaultPoints): Files {
  function around<T>(name: string, body: () => T): T {
    faults.point(`before ${name}`);
    const result = body();
    faults.point(`after ${name}`);
    return result;
  }
  return {
    status: (path) => files.status(path),
    read: (path) => files.read(path),
    readText: (path) => files.readText(path),
    list: (path) => files.list(path),
    write: (file) => around(`write ${file.path}`, () => files.write(file)),
    claim: (path, content) => around(`claim ${path}`, () => files.claim(path, content)),
    discardTemporary: (path) => files.discardTemporary(path),
    makeDirectory: (path, mode, uid, gid) =>
      around(`make directory ${path}`, () => files.makeDirectory(path, mode, uid, gid)),
    makeSymlink: (path, target, uid, gid) => around(`link ${path}`, () => files.makeSymlink(path, target, uid, gid)),
    setOwnership: (path, mode, uid, gid) =>
      around(`set owner of ${path}`, () => files.setOwnership(path, mode, uid, gid)),
    rename: (from, to) => around(`rename ${from} to ${to}`, () => files.rename(from, to)),
    remove: (path) => around(`remove ${path}`, () => files.remove(path)),
    poke: (path, text) => around(`set ${path}`, () => files.poke(path, text)),
    sync: async () => {
      faults.point('before sync');
      await files.sync();
      faults.point('after sync');
    },
  };
}

function faultSystemd(systemd: Systemd, faults: FaultPoints): Systemd {
  async function around<T>(name: string, body: () => Promise<T>): Promise<T> {
    faults.point(`before ${name}`);
    const result = await body();
    faults.point(`after ${name}`);
    return result;
  }
  return {
    report: (units) => systemd.report(units),
    origins: (units) => systemd.origins(units),
    deaths: (units) => systemd.deaths(units),
    run: (jobs) =>
      around(`unit jobs ${jobs.map(({ verb, unit }) => `${verb} ${unit}`).join(', ')}`, () => systemd.run(jobs)),
    setFiles: (verb, units) => around(`${verb} ${units.join(', ')}`, () => systemd.setFiles(verb, units)),
    resetFailed: (units) => around(`reset failed ${units.join(', ')}`, () => systemd.resetFailed(units)),
    reload: () => around('reload systemd', () => systemd.reload()),
  };
}
