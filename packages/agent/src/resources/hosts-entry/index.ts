/**
 * Host names of `/etc/hosts`. All of a stage with one rewrite; lines of others stay byte for byte (see overlay-file.ts).
 * Source: hosts(5).
 */
import type { Address, HostsEntryState, State } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { entryOf, parseOverlay } from '../overlay-file.ts';
import { writeOverlay } from '../write-overlay.ts';
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
    let overlay = parseOverlay(files.readText(path), 'file');
    for (const { address, after } of changes) {
      overlay = withHost(overlay, plainName(nameOf(address)), (after as HostsEntryState).ip);
    }
    writeOverlay(path, overlay, hostsDialect, files);
  },

  sweep: (_addresses, { host }) => host.files.discardTemporary(path),
};

/** Throws: `address_invalid` for a name that would be several, or a comment. */
function plainName(name: string): string {
  if (!/[\s#]/.test(name)) return name;
  throw new GuiseError(
    'address_invalid',
    `Cannot write ${JSON.stringify(name)} to ${path}: a host name has no blanks and no "#"`,
  );
}
