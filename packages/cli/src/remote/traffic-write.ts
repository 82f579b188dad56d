/**
 * Options that say what sends requests to hosts, and what they come to.
 *
 * A key comes from a file: base64 by itself, or as tsig-keygen(8) writes it. Throws: `argument_invalid`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RequestOf, Routes } from '@guise/api';
import { GuiseError } from '@guise/model';
import type { OptionTable, OptionValues } from '../command.ts';

type Body = RequestOf<Routes['putTraffic']>['body'];

export const trafficOptions = {
  hosts: { type: 'string', value: 'TAGS', summary: 'The hosts that it serves, such as role=web' },
  haproxy: { type: 'string', value: 'ENDPOINT', summary: 'Its runtime API: unix:/PATH or tcp:HOST:PORT' },
  backend: { type: 'string', value: 'NAME', summary: 'With --haproxy, the backend whose servers are the hosts' },
  serverName: {
    type: 'string',
    value: 'NAME',
    summary: 'With --haproxy, what a host is called there (default {host_id})',
  },
  dns: { type: 'string', value: 'HOST[:PORT]', summary: 'The primary server of a zone, which takes dynamic updates' },
  zone: { type: 'string', value: 'NAME', summary: 'With --dns, the zone' },
  record: { type: 'string', value: 'NAME', summary: 'With --dns, the name whose addresses are the hosts' },
  hostName: { type: 'string', value: 'NAME', summary: 'With --dns, the name of one host, which has its addresses' },
  ttl: {
    type: 'string',
    value: 'SECONDS',
    summary: 'With --dns, how long a new record may be remembered (default 30)',
  },
  allowEmpty: { type: 'boolean', summary: 'With --dns, let the last address go as well' },
  keyName: { type: 'string', value: 'NAME', summary: 'With --dns, what the TSIG key is called; it is hmac-sha256' },
  keyFile: {
    type: 'string',
    value: 'FILE',
    kind: 'file',
    summary: 'With --dns, the key, in base64 or as tsig-keygen writes it',
  },
} as const satisfies OptionTable;

type Options = OptionValues<typeof trafficOptions>;

export function trafficWriteOf(cwd: string, options: Options): Body {
  const hosts = required(options.hosts, 'hosts');
  if ((options.haproxy === undefined) === (options.dns === undefined)) {
    throw new GuiseError('argument_invalid', 'Cannot tell what sends the requests: give one of --haproxy and --dns');
  }
  if (options.haproxy !== undefined) {
    const { haproxy: endpoint, backend, serverName } = options;
    const server = serverName === undefined ? {} : { server: serverName };
    return { driver: 'haproxy', hosts, settings: { endpoint, backend: required(backend, 'backend'), ...server } };
  }
  return {
    driver: 'dns',
    hosts,
    settings: {
      server: required(options.dns, 'dns'),
      zone: required(options.zone, 'zone'),
      name: required(options.record, 'record'),
      host: required(options.hostName, 'host-name'),
      key_name: required(options.keyName, 'key-name'),
      allow_empty: options.allowEmpty,
      ...(options.ttl === undefined ? {} : { ttl_s: wholeNumber(options.ttl) }),
    },
    ...(options.keyFile === undefined ? {} : { tsig_secret: keyIn(resolve(cwd, options.keyFile)) }),
  };
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new GuiseError('argument_invalid', `Cannot set this traffic: it needs --${name}`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new GuiseError('argument_invalid', `Cannot use --ttl ${text}: it must be a whole number of seconds from 1`);
}

function keyIn(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new GuiseError('argument_invalid', `Cannot read ${path}`, { cause });
  }
  const [, quoted] = /secret\s+"([^"]+)"/.exec(text) ?? [];
  return quoted ?? text;
}
