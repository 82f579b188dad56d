/** Accounts, keys and who may log in. */
import { z } from 'zod';
import { absolutePath, accountName, integer, listOf, text } from '../formats.ts';

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

export const securityFields = {
  security_profile: z
    .strictObject({
      groups: z.record(accountName, group).optional(),
      users: z.record(accountName, user).optional(),
      encryption_keys: z.record(z.string(), z.strictObject({ secret: z.string() })).optional(),
    })
    .optional(),
};
