/** The one list of kinds and their rules. To add one: docs/how-to/add-a-resource-kind.md. */
import type { Kind, State } from '@guise/model';
import { address } from './address.ts';
import { authorizedKey } from './authorized-key.ts';
import { command } from './command.ts';
import { database } from './database.ts';
import { file } from './file.ts';
import { firewall } from './firewall.ts';
import { group } from './group.ts';
import { hostsEntry } from './hosts-entry.ts';
import type { KindRules } from './kind-rules.ts';
import { limit } from './limit.ts';
import { module } from './module.ts';
import { mount } from './mount.ts';
import { packageRules } from './package.ts';
import { route } from './route.ts';
import { service } from './service.ts';
import { sysctl } from './sysctl.ts';
import { timer } from './timer.ts';
import { unit } from './unit.ts';
import { user } from './user.ts';

export const kindRules: { readonly [K in Kind]: KindRules } = {
  package: packageRules,
  group,
  user,
  authorized_key: authorizedKey,
  module,
  sysctl,
  mount,
  file,
  hosts_entry: hostsEntry,
  unit,
  address,
  route,
  firewall,
  limit,
  service,
  timer,
  database,
  command,
};

/** The state that means "not there". */
export function absentState(kind: Kind): State {
  return kindRules[kind].absent;
}
