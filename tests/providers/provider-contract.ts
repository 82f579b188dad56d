/**
 * What every provider of hosts must do, as tests that run against each of them: the one in memory, a lab's, a hypervisor's.
 *
 * A capability that a provider does not claim must be refused by name; the tests of the others are then what is left.
 */

import type { Capability, Fenced, Fingerprint, HostProvider } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** One host of a provider, and what a test may do to it besides. */
export interface ProviderSubject {
  readonly provider: HostProvider;
  readonly host: { readonly hostId: string; readonly name: string };
  /** As `usage` calls what the host runs on. */
  readonly machine: string;
  /** Each makes the host another than it is; what they change is in a revert. */
  readonly changes: Readonly<Record<string, () => Promise<void>>>;
  /** A difference that is seen, and a way to see it. */
  readonly image: () => Promise<string>;
  readonly isUp: () => Promise<boolean>;
  /** What the agent must keep, set and read. */
  readonly setIdentity: (identity: string) => Promise<void>;
  readonly identity: () => Promise<string>;
  /** The provider as a new process finds it. */
  readonly reopen: () => Promise<ProviderSubject>;
  readonly close: () => Promise<void>;
}

export function describeProvider(
  name: string,
  open: () => Promise<ProviderSubject>,
  can: readonly Capability[],
  changeNames: readonly string[],
): void {
  describe(name, () => {
    let subject: ProviderSubject;
    let lease = 10n;
    const host = (fence: bigint = lease): Fenced => ({ ...subject.host, fence });
    const has = (...wanted: readonly Capability[]) => wanted.every((capability) => can.includes(capability));
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => await subject.close());

    it('says what it can', async () => {
      const capabilities = await subject.provider.capabilities(subject.host);
      expect([...capabilities.can].sort()).toEqual([...can].sort());
      expect(capabilities.images.length > 0).toBe(has('image'));
    });

    it('refuses what it cannot, by name', async () => {
      const provider = subject.provider;
      const operations: readonly [Capability, () => Promise<unknown>][] = [
        ['snapshot', () => provider.snapshot(host(), 'never')],
        ['revert', () => provider.revert(host(), 'never')],
        ['image', () => provider.deploy(host(), 'never')],
        ['resize', () => provider.resize(host(), {})],
        ['power', () => provider.power(host(), 'on')],
      ];
      for (const [capability, operation] of operations) {
        if (has(capability)) continue;
        await expect(operation()).rejects.toMatchObject({ code: 'capability_missing' });
      }
      await expect(provider.deploy(host(), 'no-such-image')).rejects.toMatchObject({ code: 'capability_missing' });
    });

    it('knows no host of another', async () => {
      const stranger = { hostId: 'stranger', name: 'stranger' };
      await expect(subject.provider.capabilities(stranger)).rejects.toMatchObject({ code: 'host_not_found' });
      await expect(subject.provider.power({ ...stranger, fence: 1n }, 'off')).rejects.toMatchObject({
        code: 'host_not_found',
      });
    });

    if (has('snapshot', 'revert'))
      describe('snapshots', () => {
        let before: Fingerprint;
        beforeAll(async () => {
          before = await subject.provider.snapshot(host(), 'before');
        });

        it('stay when they are asked for again, whatever the host is by then', async () => {
          await subject.changes[changeNames[0]!]!();
          expect(await subject.provider.snapshot(host(), 'before')).toEqual(before);
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
        });

        it.each(changeNames)('are what the host is again after %s', async (change) => {
          await subject.changes[change]!();
          const changed = await subject.provider.snapshot(host(), 'changed');
          await subject.provider.discard(host(), 'changed');
          expect(changed.digest).not.toBe(before.digest);
          expect(changed.parts).not.toEqual(before.parts);
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
          expect(await subject.isUp()).toBe(true);
        });

        it('are reverted to twice as once', async () => {
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
        });

        it('are what the host still is when it has run from them', async () => {
          await subject.provider.revert(host(), 'before');
          expect(await subject.provider.snapshot(host(), 'again')).toEqual(before);
          await subject.provider.discard(host(), 'again');
        });

        it('bring a host back that is off', async () => {
          if (has('power')) await subject.provider.power(host(), 'off');
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
          expect(await subject.isUp()).toBe(true);
        });

        it('leave the agent who it is', async () => {
          await subject.setIdentity('renewed');
          expect(await subject.provider.revert(host(), 'before')).toEqual(before);
          expect(await subject.identity()).toBe('renewed');
        });

        it('that are missing change nothing', async () => {
          await subject.changes[changeNames[0]!]!();
          const changed = await subject.provider.snapshot(host(), 'changed');
          await expect(subject.provider.revert(host(), 'missing')).rejects.toMatchObject({
            code: 'snapshot_not_found',
          });
          await subject.provider.discard(host(), 'missing');
          expect(await subject.provider.snapshot(host(), 'changed-still')).toEqual(changed);
          for (const label of ['changed', 'changed-still']) await subject.provider.discard(host(), label);
          await subject.provider.revert(host(), 'before');
        });

        it('that are discarded are gone, and may be discarded again', async () => {
          await subject.provider.snapshot(host(), 'short');
          await subject.provider.discard(host(), 'short');
          await subject.provider.discard(host(), 'short');
          await expect(subject.provider.revert(host(), 'short')).rejects.toMatchObject({ code: 'snapshot_not_found' });
        });

        if (has('image'))
          it('bring a host back from another operating system', async () => {
            const own = await subject.image();
            const { images } = await subject.provider.capabilities(subject.host);
            const other = images.find((image) => image !== own)!;
            await subject.provider.deploy(host(), other);
            expect(await subject.image()).toBe(other);
            expect(await subject.isUp()).toBe(true);
            expect(await subject.identity()).toBe('renewed');
            await subject.provider.deploy(host(), other);
            expect(await subject.image()).toBe(other);
            expect(await subject.provider.revert(host(), 'before')).toEqual(before);
            expect(await subject.image()).toBe(own);
          });
      });

    if (has('power'))
      it('switches a host off and on, each as often as it is asked', async () => {
        for (const to of ['off', 'off', 'on', 'on', 'cycle'] as const) {
          await subject.provider.power(host(), to);
          expect(await subject.isUp()).toBe(to !== 'off');
        }
      });

    if (has('resize'))
      it('tells what a host may take', async () => {
        const allocation = async () =>
          (await subject.provider.usage(subject.machine))?.hosts.find(({ name }) => name === subject.host.name)
            ?.allocation;
        await subject.provider.resize(host(), { cpuCores: 1, memoryMb: 512 });
        expect(await allocation()).toEqual({ cpuCores: 1, memoryMb: 512 });
        await subject.provider.resize(host(), { cpuCores: 2, memoryMb: 512 });
        expect(await allocation()).toEqual({ cpuCores: 2, memoryMb: 512 });
      });

    it('knows no other machine', async () => {
      expect(await subject.provider.usage('no-such-machine.example')).toBeNull();
    });

    it('refuses whoever had the host before, also after it was killed', async () => {
      const act = (fence: bigint): readonly (() => Promise<unknown>)[] => [
        ...(has('power') ? [() => subject.provider.power(host(fence), 'on')] : []),
        ...(has('resize') ? [() => subject.provider.resize(host(fence), { cpuCores: 1, memoryMb: 512 })] : []),
        ...(has('snapshot')
          ? [
              () => subject.provider.snapshot(host(fence), 'fenced'),
              () => subject.provider.discard(host(fence), 'fenced'),
            ]
          : []),
        ...(has('revert') ? [() => subject.provider.revert(host(fence), 'before')] : []),
        ...(has('image') ? [() => subject.provider.deploy(host(fence), 'debian-12')] : []),
      ];
      const [former, current] = [lease, lease + 1n];
      lease = current;
      for (const operation of act(current).slice(0, 2)) await operation();
      for (const operation of act(former)) await expect(operation()).rejects.toMatchObject({ code: 'lease_lost' });
      subject = await subject.reopen();
      for (const operation of act(former)) await expect(operation()).rejects.toMatchObject({ code: 'lease_lost' });
      for (const operation of act(current).slice(0, 2)) await operation();
    });
  });
}
