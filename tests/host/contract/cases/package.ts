import type { ContractCase } from '@guise/agent';
import { put } from './text.ts';

export const packageCases: readonly ContractCase[] = [
  {
    name: 'one with a daemon, dependencies and files of its scripts',
    after: { 'package:nginx-light': { version: '*' } },
    faultStride: 6,
  },
  {
    name: 'one that makes an account, a database cluster and alternatives',
    after: { 'package:postgresql': { version: '*' } },
    faultStride: 1000,
  },
  {
    name: 'one that was there and goes, with a configuration file that somebody changed',
    arrange: async (host) => {
      await host.run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'cron', 'telnet'], {
        timeoutMs: 300_000,
      });
      put(host, '/etc/crontab', '# mine\n', '0600');
    },
    after: { 'package:cron': { version: null }, 'package:telnet': { version: null } },
    faultStride: 1000,
  },
];
