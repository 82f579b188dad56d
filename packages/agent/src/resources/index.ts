/** Every resource kind's adapter; a kind without one does not compile. */
import type { Kind } from '@guise/model';
import type { Adapter } from './adapter.ts';
import { addressAdapter } from './address/index.ts';
import { authorizedKeyAdapter } from './authorized-key/index.ts';
import { commandAdapter } from './command/index.ts';
import { databaseAdapter } from './database/index.ts';
import { fileAdapter } from './file/index.ts';
import { firewallAdapter } from './firewall/index.ts';
import { groupAdapter } from './group/index.ts';
import { hostsEntryAdapter } from './hosts-entry/index.ts';
import { limitAdapter } from './limit/index.ts';
import { moduleAdapter } from './module/index.ts';
import { mountAdapter } from './mount/index.ts';
import { packageAdapter } from './package/index.ts';
import { routeAdapter } from './route/index.ts';
import { serviceAdapter } from './service/index.ts';
import { sysctlAdapter } from './sysctl/index.ts';
import { timerAdapter } from './timer/index.ts';
import { unitAdapter } from './unit/index.ts';
import { userAdapter } from './user/index.ts';

export const adapters: { readonly [K in Kind]: Adapter } = {
  package: packageAdapter,
  group: groupAdapter,
  user: userAdapter,
  authorized_key: authorizedKeyAdapter,
  module: moduleAdapter,
  sysctl: sysctlAdapter,
  mount: mountAdapter,
  file: fileAdapter,
  hosts_entry: hostsEntryAdapter,
  unit: unitAdapter,
  address: addressAdapter,
  route: routeAdapter,
  firewall: firewallAdapter,
  limit: limitAdapter,
  service: serviceAdapter,
  timer: timerAdapter,
  database: databaseAdapter,
  command: commandAdapter,
};
