import { describe, expect, it } from 'vitest';
import { parseMountInfo } from '../../host/index.ts';
import { mountState } from './mount-state.ts';

const [mount = null] = parseMountInfo(
  '36 35 98:0 / /srv/a\\040b rw,nosuid,relatime shared:1 - tmpfs tmpfs rw,size=65536k,mode=755,inode64\n',
);
const seen = (options: readonly string[] | null) =>
  mountState({
    mount,
    entry: null,
    known: options === null ? null : { options, device: 'tmpfs' },
    deviceName: (device) => device,
  }).options;

describe('options of a mount', () => {
  it('are all told when nobody asked for any, save the defaults', () => {
    expect(seen(null)).toEqual(['inode64', 'mode=755', 'nosuid', 'size=65536k']);
  });

  it('are told in the words in which they were asked for', () => {
    expect(seen(['size=64m', 'mode=0755', 'nosuid', 'nofail'])).toEqual(['mode=0755', 'nofail', 'nosuid', 'size=64m']);
  });

  it('show a value that is not the one asked for, and a restriction that nobody asked for', () => {
    expect(seen(['size=32m'])).toEqual(['nosuid', 'size=65536k']);
    expect(seen(['noexec'])).toEqual(['nosuid']);
  });

  it('have the path of the mount point with its blanks', () => expect(mount?.path).toBe('/srv/a b'));
});
