/** Reading files: one status and at most one read each. What was read may become a pre-image, so its content is kept. */
import type { Address, Digest, FileState } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import { type Accounts, readAccounts } from '../../host/index.ts';
import type { Asked, ObserveContext } from '../adapter.ts';

const absent: FileState = { type: 'absent', digest: null, target: null, mode: null, owner: null, group: null };

export function observeFiles(asked: readonly Asked[], context: ObserveContext): ReadonlyMap<Address, FileState> {
  const accounts = readAccounts(context.host.files);
  return new Map(asked.map((each) => [each.address, observeFile(each, accounts, context)]));
}

function observeFile(
  { address, secret = false }: Asked,
  accounts: Accounts,
  { host, blobs }: ObserveContext,
): FileState {
  const path = nameOf(address);
  const status = host.files.status(path);
  if (status.type === 'absent') return absent;
  if (status.type === 'other') {
    throw new GuiseError('kind_refused', `Cannot manage ${address}: it is a device, socket or FIFO`);
  }
  return {
    type: status.type,
    digest: status.type === 'file' ? contentOf(path) : null,
    target: status.target,
    mode: status.type === 'symlink' ? null : status.mode,
    owner: accounts.userOf(status.uid),
    group: accounts.groupOf(status.gid),
  };

  function contentOf(of: string): Digest {
    const content = host.files.read(of);
    if (content === null)
      throw new GuiseError('change_failed', `Cannot read ${address}: it went away while it was being looked at`);
    return blobs.put(content, { secret });
  }
}
