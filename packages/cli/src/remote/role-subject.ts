/** Options that say who is to have a role, and what they come to. */
import { GuiseError } from '@guise/model';
import type { OptionTable } from '../command.ts';
import { serverOptions } from './server-options.ts';

/** `--token` is whose role it is here, so who you are comes from $GUISE_TOKEN or your login. */
export const subjectOptions = {
  user: {
    type: 'string',
    value: 'EMAIL',
    summary: 'Somebody who logs in, by verified email, or sub:ID as the issuer knows him',
  },
  group: { type: 'string', value: 'GROUP', summary: 'Everybody in a group of the identity provider' },
  token: { type: 'string', value: 'NAME', summary: 'The bearer of a token' },
  server: serverOptions.server,
} as const satisfies OptionTable;

export interface Subject {
  readonly subject_type: 'user' | 'group' | 'token';
  readonly subject: string;
}

export function subjectOf(options: {
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly token: string | undefined;
}): Subject {
  const given = [
    ...(options.user === undefined ? [] : [{ subject_type: 'user', subject: options.user } as const]),
    ...(options.group === undefined ? [] : [{ subject_type: 'group', subject: options.group } as const]),
    ...(options.token === undefined ? [] : [{ subject_type: 'token', subject: options.token } as const]),
  ];
  const [subject] = given;
  if (subject !== undefined && given.length === 1) return subject;
  throw new GuiseError('argument_invalid', 'Cannot tell whose role it is: give one of --user, --group and --token');
}
