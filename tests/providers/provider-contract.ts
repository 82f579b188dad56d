/**
 * What every provider of hosts must do, as tests that run against each of them: the one in memory, a lab's, a hypervisor's.
 *
 * A capability that a provider does not claim must be refused by name; what others need it for is then not asked of it.
 */
import type { Capability, Fenced, Fingerprint, HostProvider } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** One host of a provider, and what a test may do to it besides. */
export interface ProviderSubject {
  readonly provider: HostProvider;
  readonly host: { readonly hostId: string; readonly name: string };
  /** As `usage` calls what the host runs on. */
  readonly machine: string;
  /** Each makes the host another than it is, and a revert must take it back. */
  readonly changes: Readonly<Record<string, () => Promise<void>>>;
  readonly image: () => Promise<string>;
  readonly isUp: () => Promise<boolean>;
  /** What the agent must keep, set and read. */
  readonly setIdentity: (identity: string) => Promise<void>;
  readonly identity: () => Promise<string>;
  /** The provider as a new process finds it. */
  readonly reopen: () => Promise<ProviderSubject>;
  readonly close: () => Promise<void>;
}

export interface ProviderContract {
  readonly name: string;
  readonly can: readonly Capability[];
  /** Of the subject; the first is the quickest. */
  readonly changes: readonly string[];
  readonly open: () => Promise<ProviderSubject>;
}

/** What goes on from one test to the next: the host, who has it, and what it was at the snapshot `before`. */
interface Course {
  subject: ProviderSubject;
  fence: bigint;
  before: Fingerprint;
}

interface Case {
  readonly title: string;
  readonly needs: readonly Capability[];
  readonly run: (course: Course) => Promise<void>;
}

const snapshots: readonly Capability[] = ['snapshot', 'revert'];

export function describeProvider({ name, can, changes, open }: ProviderContract): void {
  describe.each([name])('%s', () => {
    const course = {} as Course;
    beforeAll(async () => {
      Object.assign(course, { subject: await open(), fence: 10n });
    });
    afterAll(async () => await course.subject.close());

    it('says what it can', async () => {
      const capabilities = await course.subject.provider.capabilities(course.subject.host);
      expect([...capabilities.can].sort()).toEqual([...can].sort());
      expect(capabilities.images.length > 0).toBe(can.includes('image'));
    });

    it('refuses what it cannot, by name', async () => {
      const unclaimed = Object.entries(operations(course, course.fence, 'never')).filter(
        ([capability]) => !can.includes(capability as Capability),
      );
      for (const [, operation] of unclaimed)
        await expect(operation()).rejects.toMatchObject({ code: 'capability_missing' });
    });

    const cases = [...snapshotCases(changes), ...otherCases, strangerCase(can), fenceCase(can)];
    it.each(cases.filter(({ needs }) => needs.every((each) => can.includes(each))))('$title', async ({ run }) => {
      await expect(run(course)).resolves.toBeUndefined();
    });
  });
}

function snapshotCases(changes: readonly string[]): readonly Case[] {
  const change = (course: Course, what = changes[0]!) => course.subject.changes[what]!();
  return [
    {
      title: 'a snapshot stays when it is asked for again, whatever the host is by then',
      needs: snapshots,
      run: async (course) => {
        const { provider } = course.subject;
        course.before = await provider.snapshot(host(course), 'before');
        await change(course);
        expect(await provider.snapshot(host(course), 'before')).toEqual(course.before);
        await reverts(course);
      },
    },
    ...changes.map((what) => ({
      title: `the host is what it was at the snapshot after ${what}`,
      needs: snapshots,
      run: async (course: Course) => {
        await change(course, what);
        const changed = await fingerprintNow(course);
        expect(changed.digest).not.toBe(course.before.digest);
        expect(changed.parts).not.toEqual(course.before.parts);
        await reverts(course);
        expect(await course.subject.isUp()).toBe(true);
      },
    })),
    {
      title: 'a revert may come twice, and the host is the same when it has run since',
      needs: snapshots,
      run: async (course) => {
        await reverts(course);
        await reverts(course);
        expect(await fingerprintNow(course)).toEqual(course.before);
      },
    },
    {
      title: 'a revert brings a host back that is off',
      needs: [...snapshots, 'power'],
      run: async (course) => {
        await course.subject.provider.power(host(course), 'off');
        await reverts(course);
        expect(await course.subject.isUp()).toBe(true);
      },
    },
    {
      title: 'a revert leaves the agent who it is',
      needs: snapshots,
      run: async (course) => {
        await course.subject.setIdentity('renewed');
        await reverts(course);
        expect(await course.subject.identity()).toBe('renewed');
      },
    },
    {
      title: 'a snapshot that is missing changes nothing',
      needs: snapshots,
      run: async (course) => {
        await change(course);
        const changed = await fingerprintNow(course);
        await expect(course.subject.provider.revert(host(course), 'missing')).rejects.toMatchObject({
          code: 'snapshot_not_found',
        });
        expect(await fingerprintNow(course)).toEqual(changed);
        await reverts(course);
      },
    },
    {
      title: 'a snapshot that is discarded is gone, and may be discarded again',
      needs: snapshots,
      run: async (course) => {
        const { provider } = course.subject;
        await provider.snapshot(host(course), 'short');
        await provider.discard(host(course), 'short');
        await provider.discard(host(course), 'short');
        await expect(provider.revert(host(course), 'short')).rejects.toMatchObject({ code: 'snapshot_not_found' });
      },
    },
    {
      title: 'a host comes back from another operating system, and is the same host there',
      needs: [...snapshots, 'image'],
      run: async (course) => {
        const { provider, image, identity, isUp } = course.subject;
        const own = await image();
        const other = (await provider.capabilities(course.subject.host)).images.find((name) => name !== own)!;
        // Twice, as somebody does who did not hear the answer.
        for (const name of [other, other]) {
          await provider.deploy(host(course), name);
          expect([await image(), await identity(), await isUp()]).toEqual([other, 'renewed', true]);
        }
        await reverts(course);
        expect(await image()).toBe(own);
      },
    },
  ];
}

const otherCases: readonly Case[] = [
  {
    title: 'it has no other images than it says',
    needs: ['image'],
    run: async (course) => {
      await expect(course.subject.provider.deploy(host(course), 'no-such-image')).rejects.toMatchObject({
        code: 'capability_missing',
      });
    },
  },
  {
    title: 'a host is switched off and on, each as often as it is asked',
    needs: ['power'],
    run: async (course) => {
      for (const to of ['off', 'off', 'on', 'on', 'cycle'] as const) {
        await course.subject.provider.power(host(course), to);
        expect(await course.subject.isUp()).toBe(to !== 'off');
      }
    },
  },
  {
    title: 'it tells what a host may take of its machine',
    needs: ['resize'],
    run: async (course) => {
      const { provider, machine } = course.subject;
      for (const allocation of [
        { cpuCores: 1, memoryMb: 512 },
        { cpuCores: 2, memoryMb: 512 },
      ]) {
        await provider.resize(host(course), allocation);
        const usage = await provider.usage(machine);
        expect(usage?.hosts.find(({ name }) => name === course.subject.host.name)?.allocation).toEqual(allocation);
      }
    },
  },
  {
    title: 'it knows no other machine',
    needs: [],
    run: async ({ subject }) => {
      expect(await subject.provider.usage('no-such-machine.example')).toBeNull();
    },
  },
];

function quickOf(can: readonly Capability[]): Capability {
  return (['power', 'resize', 'snapshot'] as const).find((each) => can.includes(each))!;
}

function strangerCase(can: readonly Capability[]): Case {
  return {
    title: 'it knows no host of another provider',
    needs: [],
    run: async ({ subject }) => {
      const host = { hostId: 'stranger', name: 'stranger' };
      await expect(subject.provider.capabilities(host)).rejects.toMatchObject({ code: 'host_not_found' });
      const asked = operations({ subject: { ...subject, host } }, 1n, 'any')[quickOf(can)];
      await expect(asked()).rejects.toMatchObject({ code: 'host_not_found' });
    },
  };
}

function fenceCase(can: readonly Capability[]): Case {
  return {
    title: 'whoever had the host before is refused, also when the provider was killed in between',
    needs: [],
    run: async (course) => {
      const former = course.fence;
      course.fence += 1n;
      const act = () => operations(course, course.fence, 'before')[quickOf(can)]();
      await act();
      const everyoneElseIsRefused = async () => {
        const ofFormer = Object.entries(operations(course, former, 'before'));
        for (const [, operation] of ofFormer.filter(([capability]) => can.includes(capability as Capability)))
          await expect(operation()).rejects.toMatchObject({ code: 'lease_lost' });
      };
      await everyoneElseIsRefused();
      course.subject = await course.subject.reopen();
      await everyoneElseIsRefused();
      await act();
    },
  };
}

/** Every operation that needs a capability, under this fence. */
function operations(
  { subject: { provider, host: name } }: Pick<Course, 'subject'>,
  fence: bigint,
  label: string,
): Readonly<Record<Capability, () => Promise<unknown>>> {
  const under = { ...name, fence };
  return {
    snapshot: () => provider.snapshot(under, label),
    revert: () => provider.revert(under, label),
    image: () => provider.deploy(under, 'debian-12'),
    resize: () => provider.resize(under, { cpuCores: 1, memoryMb: 512 }),
    power: () => provider.power(under, 'on'),
  };
}

async function reverts(course: Course): Promise<void> {
  expect(await course.subject.provider.revert(host(course), 'before')).toEqual(course.before);
}

async function fingerprintNow(course: Course): Promise<Fingerprint> {
  const found = await course.subject.provider.snapshot(host(course), 'now');
  await course.subject.provider.discard(host(course), 'now');
  return found;
}

function host({ subject, fence }: Course): Fenced {
  return { ...subject.host, fence };
}
