/**
 * Commands: the way out for what no other kind covers. `check` answers whether it is done, `do` and `undo` change that.
 *
 * The vectors travel with the state, so undo works when the persona is long gone. One without `undo` stays done; the plan
 * calls such a change irreversible. Checks run a few at a time and must change nothing; changes run one after the other.
 * Throws: `change_failed` when `check` does not confirm what `do` or `undo` did; `command_failed`, `command_timeout`.
 */
import { type Address, type CommandState, GuiseError, limits, nameOf, type State } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { Adapter } from '../adapter.ts';

const unknown: CommandState = { done: false, check: [], do: [], undo: null };

export const commandAdapter: Adapter = {
  kind: 'command',
  offline: false,

  async observe(asked, { host }) {
    const states = new Map<Address, State>();
    const waiting = asked.values();
    const worker = async (): Promise<void> => {
      for (const { address, known } of waiting) states.set(address, await check(known as CommandState | null, host));
    };
    await Promise.all(Array.from({ length: limits.commandsAtOnce }, worker));
    return states;
  },

  async apply(changes, { host, point, signal }) {
    for (const { address, before, after } of changes) {
      const wanted = withVectors(after as CommandState, before as CommandState);
      if ((await check(wanted, host)).done === wanted.done) continue;
      const argv = wanted.done ? wanted.do : (wanted.undo ?? []);
      if (argv.length === 0) continue;
      point(`command: before ${nameOf(address)}`);
      await host.run(argv, { signal });
      point(`command: after ${nameOf(address)}`);
      if ((await check(wanted, host)).done !== wanted.done) {
        throw new GuiseError(
          'change_failed',
          `Cannot ${wanted.done ? 'do' : 'undo'} the command ${nameOf(address)}: ${argv[0]} succeeded, and its check says that it is ${wanted.done ? 'not done' : 'still done'}`,
        );
      }
    }
  },
};

/** `done` as the check answers; false when nothing is known to check with. */
async function check(known: CommandState | null, host: Host): Promise<CommandState> {
  if (known === null || known.check.length === 0) return known ?? unknown;
  const { status } = await host.run(known.check, { accept: 'any', reads: true });
  return { ...known, done: status === 0 };
}

/** What is to be undone is undone with the vectors that did it. */
function withVectors(after: CommandState, before: CommandState): CommandState {
  return after.done || before.check.length === 0 ? after : { ...before, done: false };
}
