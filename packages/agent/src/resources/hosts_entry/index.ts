/**
 * Host names of `/etc/hosts`. All of a stage with one rewrite; lines of others stay byte for byte (see overlay-file.ts).
 * Source: hosts(5).
 */
import type { Address, HostsEntryState, State } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { entryOf, type Overlay, parseOverlay, renderOverlay } from '../overlay-file.ts';
import { hostsDialect, ipOf, withHost } from './hosts-dialect.ts';

const path = '/etc/hosts';

export const hostsEntryAdapter: Adapter = {
  kind: 'hosts_entry',
  offline: true,

  async observe(asked, { host }) {
    const overlay = parseOverlay(host.files.readText(path), 'file');
    return new Map(
      asked.map(({ address }): [Address, State] => {
        const line = entryOf(overlay, nameOf(address), hostsDialect);
        return [address, { ip: line === null ? null : ipOf(line) } satisfies HostsEntryState];
      }),
    );
  },

  async apply(changes, { host: { files } }) {
    const text = files.readText(path);
    let overlay: Overlay = parseOverlay(text, 'file');
    for (const { address, after } of changes) {
      const name = nameOf(address);
      if (/[\s#]/.test(name)) throw new GuiseError('address_invalid', `Cannot write ${JSON.stringify(name)} to ${path}: a host name has no blanks and no "#"`);
      overlay = withHost(overlay, name, (after as HostsEntryState).ip);
    }
    const next = renderOverlay(overlay, hostsDialect);
    if (next === text) return;
    if (next === null) return files.remove(path);
    const { type, mode, uid, gid } = files.status(path);
    files.write({ path, content: Buffer.from(next), mode: type === 'absent' ? '0644' : mode!, uid, gid });
  },

  sweep: (_addresses, { host }) => host.files.discardTemporary(path),
};
