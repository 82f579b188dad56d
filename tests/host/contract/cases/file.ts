import { createHash } from 'node:crypto';
import type { ContractCase } from '@guise/agent';
import type { Digest, FileState } from '@guise/model';
import { put } from './text.ts';

const text = 'worker_processes 4;\n';
const nothing: FileState = { type: 'absent', digest: null, target: null, mode: null, owner: null, group: null };
const fileOf = (content: string, mode = '0644', owner = 'root', group = 'root'): FileState => ({
  ...nothing,
  type: 'file',
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest,
  mode,
  owner,
  group,
});
const directory: FileState = { ...nothing, type: 'directory', mode: '0750', owner: 'www-data', group: 'adm' };
const link = (target: string): FileState => ({ ...nothing, type: 'symlink', target, owner: 'root', group: 'root' });

export const fileCases: readonly ContractCase[] = [
  {
    name: 'a file that is new, set-user-ID, in directories that do not exist',
    content: [text, ''],
    after: {
      'file:/etc/shop/conf.d/a.conf': fileOf(text, '4755', 'www-data'),
      'file:/etc/shop/b.conf': fileOf('', '0600'),
    },
  },
  {
    name: 'a file that exists, with other content, mode and owner',
    content: [text],
    arrange: (host) => put(host, '/etc/existing.conf', '\0binary\xff\n', '0640', 33, 4),
    after: { 'file:/etc/existing.conf': fileOf(text, '0600') },
  },
  {
    name: 'only a mode',
    arrange: (host) => put(host, '/etc/mode-only.conf', text, '0640', 33, 4),
    content: [text],
    after: { 'file:/etc/mode-only.conf': fileOf(text, '0444', 'www-data', 'adm') },
  },
  {
    name: 'files that go, with their directory',
    arrange: (host) => {
      host.files.makeDirectory('/etc/leaving', '0711', 33, 33);
      put(host, '/etc/leaving/a', 'a');
      host.files.makeSymlink('/etc/leaving/b', 'a', 33, 33);
    },
    after: { 'file:/etc/leaving': nothing, 'file:/etc/leaving/a': nothing, 'file:/etc/leaving/b': nothing },
  },
  {
    name: 'a directory that becomes a file, a file that becomes a link, a link that becomes a directory',
    content: [text],
    arrange: (host) => {
      host.files.makeDirectory('/etc/turn-a', '0700', 0, 0);
      put(host, '/etc/turn-a/inside', 'x');
      put(host, '/etc/turn-b', 'b', '0600', 33, 33);
      host.files.makeSymlink('/etc/turn-c', '/etc/passwd', 0, 0);
    },
    after: {
      'file:/etc/turn-a/inside': nothing,
      'file:/etc/turn-a': fileOf(text),
      'file:/etc/turn-b': link('turn-a'),
      'file:/etc/turn-c': directory,
      'file:/etc/turn-c/below': fileOf(text),
    },
  },
  {
    name: 'through links of the distribution, such as /var/run',
    content: [text],
    after: { 'file:/bin/guise-contract': fileOf(text, '0755') },
  },
];
