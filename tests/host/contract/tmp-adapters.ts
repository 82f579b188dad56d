import { authorizedKeyAdapter } from '../../../packages/agent/src/resources/authorized_key/index.ts';
import { fileAdapter } from '../../../packages/agent/src/resources/file/index.ts';
import { groupAdapter } from '../../../packages/agent/src/resources/group/index.ts';
import { hostsEntryAdapter } from '../../../packages/agent/src/resources/hosts_entry/index.ts';
import { moduleAdapter } from '../../../packages/agent/src/resources/module/index.ts';
import { mountAdapter } from '../../../packages/agent/src/resources/mount/index.ts';
import { sysctlAdapter } from '../../../packages/agent/src/resources/sysctl/index.ts';
import { userAdapter } from '../../../packages/agent/src/resources/user/index.ts';
export const adapters: any = {
  group: groupAdapter,
  user: userAdapter,
  authorized_key: authorizedKeyAdapter,
  module: moduleAdapter,
  sysctl: sysctlAdapter,
  mount: mountAdapter,
  file: fileAdapter,
  hosts_entry: hostsEntryAdapter,
};
