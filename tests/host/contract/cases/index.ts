/** Cases of the adapter contract, by kind. A kind without a list does not compile. */

import type { ContractCase } from '@guise/agent';
import type { Kind } from '@guise/model';
import { addressCases } from './address.ts';
import { authorizedKeyCases } from './authorized-key.ts';
import { commandCases } from './command.ts';
import { databaseCases } from './database.ts';
import { fileCases } from './file.ts';
import { firewallCases } from './firewall.ts';
import { groupCases } from './group.ts';
import { hostsEntryCases } from './hosts-entry.ts';
import { limitCases } from './limit.ts';
import { moduleCases } from './module.ts';
import { mountCases } from './mount.ts';
import { packageCases } from './package.ts';
import { routeCases } from './route.ts';
import { serviceCases } from './service.ts';
import { sysctlCases } from './sysctl.ts';
import { timerCases } from './timer.ts';
import { unitCases } from './unit.ts';
import { userCases } from './user.ts';

export const contractCases: { readonly [K in Kind]: readonly ContractCase[] } = {
  package: packageCases,
  group: groupCases,
  user: userCases,
  authorized_key: authorizedKeyCases,
  module: moduleCases,
  sysctl: sysctlCases,
  mount: mountCases,
  file: fileCases,
  hosts_entry: hostsEntryCases,
  unit: unitCases,
  address: addressCases,
  route: routeCases,
  firewall: firewallCases,
  limit: limitCases,
  service: serviceCases,
  timer: timerCases,
  database: databaseCases,
  command: commandCases,
};
