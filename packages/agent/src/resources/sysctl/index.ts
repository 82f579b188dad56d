/**
 * Kernel parameters, by plain reads and writes below `/proc/sys`.
 *
 * They are written in the plan's order and all read back, because some reset others (`ip_forward` sets every interface's
 * `forwarding`); what was reset is written once more. A container may not write all that it sees.
 * Throws: `change_failed` when the key does not exist, is refused, or does not keep its value.
 * Source: sysctl.d(5); the kernel's networking/ip-sysctl.rst.
 */
import type { Address, State, SysctlState } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import { type Files, isErrno } from '../../host/index.ts';
import type { Adapter } from '../adapter.ts';

/** The first pass may be undone by a later key of itself; the second is not, because nothing that resets changes in it. */
const passes = 2;

interface Goal {
  readonly key: string;
  readonly value: string;
}

export const sysctlAdapter: Adapter = {
  kind: 'sysctl',
  offline: false,

  async observe(asked, { host }) {
    return new Map(
      asked.map(({ address }): [Address, State] => [
        address,
        { value: readKey(nameOf(address), host.files) } satisfies SysctlState,
      ]),
    );
  },

  async apply(changes, { host: { files } }) {
    // A key that came with a module goes with it: there is no value to go back to.
    const goals = changes.flatMap(({ address, after }): readonly Goal[] => {
      const { value } = after as SysctlState;
      return value === null ? [] : [{ key: nameOf(address), value: folded(value) }];
    });
    let wrong: readonly Goal[] = goals;
    for (let pass = 0; pass < passes && wrong.length > 0; pass += 1) {
      for (const goal of wrong) if (readKey(goal.key, files) !== goal.value) writeKey(goal, files);
      wrong = goals.filter(({ key, value }) => readKey(key, files) !== value);
    }
    const [first] = wrong;
    if (first === undefined) return;
    throw new GuiseError(
      'change_failed',
      `Cannot set ${JSON.stringify(first.key)}: it was set to ${JSON.stringify(first.value)} and the kernel made it ${JSON.stringify(readKey(first.key, files))}`,
    );
  },
};

/**
 * In a key whose first separator is a dot, dots separate and a slash stands for a dot, as in `net.ipv4.conf.eth0/1.forwarding`;
 * otherwise slashes separate. Source: sysctl.d(5).
 */
function pathOfKey(key: string): string {
  const dotted = /[./]/.exec(key)?.[0] === '.';
  return `/proc/sys/${dotted ? key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.')) : key}`;
}

function readKey(key: string, files: Files): string | null {
  const text = files.readText(pathOfKey(key));
  return text === null ? null : folded(text);
}

function writeKey({ key, value }: Goal, files: Files): void {
  const path = pathOfKey(key);
  if (files.status(path).type === 'absent')
    throw new GuiseError('change_failed', `Cannot set ${JSON.stringify(key)}: this kernel has no such setting`);
  try {
    files.poke(path, `${value}\n`);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (isErrno(cause, 'EROFS', 'EPERM', 'EACCES')) {
      throw new GuiseError(
        'change_failed',
        `Cannot set ${JSON.stringify(key)}: it belongs to the outer machine, and this host may not change it`,
        { cause },
      );
    }
    if (isErrno(cause, 'EINVAL', 'ERANGE')) {
      throw new GuiseError(
        'change_failed',
        `Cannot set ${JSON.stringify(key)}: the kernel does not accept ${JSON.stringify(value)}`,
        { cause },
      );
    }
    throw error;
  }
}

function folded(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
