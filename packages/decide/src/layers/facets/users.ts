/** `security_profile` → `group`, `user`, and one `authorized_key` per key. */
import type { Json, PersonaDocument } from '@guise/model';
import { addressOf } from '@guise/model';
import { authorizedKeyId } from '../../kinds/authorized-key.ts';
import type { ClaimSink } from '../claim-sink.ts';

type SecurityProfile = NonNullable<PersonaDocument['security_profile']>;
type UserEntry = NonNullable<SecurityProfile['users']>[string];

export function compileUsers({ security_profile: profile }: PersonaDocument, sink: ClaimSink): void {
  for (const [name, { ensure, gid, system }] of Object.entries(profile?.groups ?? {})) {
    const address = addressOf('group', name);
    const path = `security_profile.groups.${name}`;
    sink.set(address, 'present', ensure !== 'absent', ensure === undefined ? path : `${path}.ensure`);
    sink.set(address, 'gid', gid, `${path}.gid`);
    sink.set(address, 'system', system, `${path}.system`);
  }
  for (const [name, entry] of Object.entries(profile?.users ?? {})) compileUser(name, entry, sink);
}

function compileUser(name: string, entry: UserEntry, sink: ClaimSink): void {
  const address = addressOf('user', name);
  const path = `security_profile.users.${name}`;
  sink.set(address, 'present', entry.ensure !== 'absent', entry.ensure === undefined ? path : `${path}.ensure`);
  if (entry.ensure === 'absent') return;
  for (const field of ['uid', 'group', 'home', 'shell', 'comment', 'system'] as const)
    sink.set(address, field, entry[field], `${path}.${field}`);
  sink.set(address, 'password', entry.password_hash, `${path}.password_hash`);
  sink.list(address, 'groups', entry.groups, `${path}.groups`, (group): Json => group);
  compileKeys(name, entry.authorized_keys, `${path}.authorized_keys`, sink);
}

/** A key that is removed must not be there, whoever put it there; keys that nobody names stay. */
function compileKeys(user: string, keys: UserEntry['authorized_keys'], path: string, sink: ClaimSink): void {
  if (keys === undefined) return;
  const claim = (line: string, present: boolean, at: string) => {
    const id = authorizedKeyId(line);
    if (id === null) {
      sink.refuse(at, 'must be a line of an authorized_keys file', 'no key can be found in it');
      return;
    }
    const address = addressOf('authorized_key', `${user}/${id}`);
    sink.set(address, 'present', present, at);
    if (present) sink.set(address, 'line', line.trim(), at);
  };
  const isList = 'map' in keys;
  for (const [index, line] of (isList ? keys : (keys.append ?? [])).entries())
    claim(line, true, `${path}.${isList ? '' : 'append.'}${index}`);
  for (const [index, line] of (isList ? [] : (keys.remove ?? [])).entries())
    claim(line, false, `${path}.remove.${index}`);
}
