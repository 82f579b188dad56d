/** Accounts, keys and who may log in. */
import { z } from 'zod';
import { absolutePath, accountName, id, integer, listOf, mode, text } from '../formats.ts';

const accountNumber = () => integer(0, 4_294_967_294);

const user = z.strictObject({
  ensure: z.enum(['present', 'absent']).optional(),
  uid: accountNumber().optional(),
  group: accountName.optional().describe('Primary group.'),
  groups: listOf(accountName).optional().describe('Further groups.'),
  home: absolutePath.optional(),
  shell: absolutePath.optional(),
  comment: text(/^[ -9;-~\u00a0-\uffff]*$/, 'must not contain ":" or a line break').optional(),
  system: z.boolean().optional(),
  password_hash: text(/^[!-9;-~]*$/, 'must be a crypt(5) hash').optional(),
  authorized_keys: listOf(text(/^[\t -~\u00a0-\uffff]+$/, 'must be one line of an authorized_keys file')).optional(),
});

const group = z.strictObject({
  ensure: z.enum(['present', 'absent']).optional(),
  gid: accountNumber().optional(),
  system: z.boolean().optional(),
});

/** Not a template: what a host is to be given must be known before it is asked for its facts. */
const secretName = text(
  /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/,
  'must be the name of a secret: lower-case letters, digits, ".", "_" or "-", at most 64, and no template',
);

const encryptionKey = z.strictObject({
  secret: secretName.describe('Its name at the control plane, or of a file in /etc/guise/secrets.'),
  path: absolutePath.optional().describe('Where it is written; default /etc/guise/keys/ and the name of the key.'),
  owner: accountName.optional().describe('Default root.'),
  group: accountName.optional().describe('Default root.'),
  mode: mode.optional().describe('Default "0600".'),
});

export const securityFields = {
  security_profile: z
    .strictObject({
      groups: z.record(accountName, group).optional(),
      users: z.record(accountName, user).optional(),
      encryption_keys: z.record(id, encryptionKey).optional(),
    })
    .optional(),
};
