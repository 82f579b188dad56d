import { GuiseError } from '@guise/model';
import { type MemoryDisk, MemoryProvider, memoryDisk } from '@guise/server/memory-provider';
import { describe, expect, it } from 'vitest';
import { describeProvider, type ProviderSubject } from './provider-contract.ts';

const files = { '/etc/motd': 'hello', '/srv/data': 'rows' };

function subjectOn(disk: MemoryDisk): ProviderSubject {
  const host = () => disk.hosts.get('h1')!;
  return {
    provider: new MemoryProvider({ disk }),
    host: { hostId: 'web-1', name: 'h1' },
    machine: 'memory',
    changes: {
      'a changed file': async () => {
        host().files = { ...host().files, '/etc/motd': 'changed' };
      },
      'a package': async () => {
        host().packages = [...host().packages, 'nginx'];
      },
      'the loss of its data': async () => {
        host().files = {};
      },
    },
    image: async () => host().image,
    isUp: async () => host().isUp,
    setIdentity: async (identity) => {
      host().identity = identity;
    },
    identity: async () => host().identity,
    reopen: async () => subjectOn(disk),
    close: async () => undefined,
  };
}

describeProvider({
  name: 'the provider in memory',
  can: ['snapshot', 'revert', 'resize', 'power', 'image'],
  changes: ['a changed file', 'a package', 'the loss of its data'],
  open: async () => subjectOn(memoryDisk({ h1: { files } })),
});

describe('MemoryProvider', () => {
  it('fails once when it is told to, having done nothing', async () => {
    const disk = memoryDisk({ h1: { files } });
    const provider = new MemoryProvider({ disk });
    const host = { hostId: 'web-1', name: 'h1', fence: 1n };
    provider.failNext('snapshot', new GuiseError('limit_exceeded', 'The storage is full'));
    await expect(provider.snapshot(host, 'a')).rejects.toMatchObject({ code: 'limit_exceeded' });
    expect(disk.snapshots.size).toBe(0);
    await provider.snapshot(host, 'a');
    expect(disk.snapshots.size).toBe(1);
  });

  it('refuses what it is told that it cannot', async () => {
    const provider = new MemoryProvider({ disk: memoryDisk({ h1: {} }), can: ['power'] });
    expect(await provider.capabilities({ hostId: 'web-1', name: 'h1' })).toEqual({ can: ['power'], images: [] });
    await expect(provider.snapshot({ hostId: 'web-1', name: 'h1', fence: 1n }, 'a')).rejects.toMatchObject({
      code: 'capability_missing',
    });
  });
});
