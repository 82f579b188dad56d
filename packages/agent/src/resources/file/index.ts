/**
 * Files, directories and symlinks.
 *
 * Parents that do not exist come as implied directories, so that they are in the plan, in the journal and in the undo; they go when
 * nothing wanted is in them any more. What others put into a directory is theirs: such a directory stays, and a warning says so.
 * Throws: `kind_refused` for devices, sockets and FIFOs; `change_failed` when a directory that is to go or to become a file is not empty.
 */
import { nameOf } from '@guise/model';
import type { Adapter } from '../adapter.ts';
import { applyFiles } from './apply.ts';
import { observeFiles } from './observe.ts';
import { resolveParents } from './parents.ts';

export const fileAdapter: Adapter = {
  kind: 'file',
  offline: true,
  observe: async (asked, context) => observeFiles(asked, context),
  resolve: async (wanted, released, live, { host }) => resolveParents(wanted, released, live, host.files),
  apply: async (changes, context) => applyFiles(changes, context),
  sweep(addresses, { host }) {
    for (const address of addresses) host.files.discardTemporary(nameOf(address));
  },
};
