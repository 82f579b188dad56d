/**
 * For tests: somebody without privileges who owns a directory and swaps what is in it, as fast as he can, for something that leads to
 * what is not his: `node hostile-neighbour.ts TRICK DIRECTORY OUTSIDE SWAPS`.
 *
 * Started as root, because the way to this file may be closed to others, and becomes nobody before it does anything. Says a line when
 * it begins, one when `SWAPS` are done, and how many they were when it ends, which is when its input ends.
 */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** The account without rights of every Linux. */
export const nobody = 65_534;

const pairsPerTurn = 250;

/** Each does one swap and tells whether it could: guise may have taken away what was to be swapped. */
interface Swaps {
  readonly there: () => boolean;
  readonly back: () => boolean;
}

/** Makes what it needs in the directory. */
type Trick = (directory: string, outside: string) => Swaps;

/** `name` is one thing and then the other, and back. */
function exchange(directory: string, name: string, other: string): Swaps {
  const [at, own, foreign] = [`${directory}/${name}`, `${directory}/own-${name}`, `${directory}/${other}`];
  return {
    there: () => {
      could(() => renameSync(at, own));
      return could(() => renameSync(foreign, at));
    },
    back: () => {
      could(() => renameSync(at, foreign));
      return could(() => renameSync(own, at));
    },
  };
}

const tricks: Readonly<Record<string, Trick>> = {
  /** A directory on the way, and a link to one outside. */
  'linked directory': (directory, outside) => {
    mkdirSync(`${directory}/way`);
    symlinkSync(outside, `${directory}/link`);
    return exchange(directory, 'way', 'link');
  },
  /** The thing itself, and a link to one outside. */
  'linked file': (directory, outside) => {
    writeFileSync(`${directory}/thing`, 'mine');
    symlinkSync(`${outside}/thing`, `${directory}/link`);
    return exchange(directory, 'thing', 'link');
  },
  'linked directory itself': (directory, outside) => {
    mkdirSync(`${directory}/thing`);
    symlinkSync(`${outside}/way`, `${directory}/link`);
    return exchange(directory, 'thing', 'link');
  },
  /** The thing is another name of a file outside for as long as it takes to look away. */
  'hard link': (directory, outside) => hardLink(`${directory}/thing`, `${outside}/shared`),
  /** The same for the name under which guise prepares the thing. */
  'hard link of the temporary': (directory, outside) => {
    const digest = createHash('sha256').update('thing').digest('hex').slice(0, 16);
    return hardLink(`${directory}/.guise-${digest}.tmp`, `${outside}/shared`);
  },
  /** `fifo` was made by whoever started this. */
  fifo: (directory) => {
    writeFileSync(`${directory}/thing`, 'mine');
    return exchange(directory, 'thing', 'fifo');
  },
};

function hardLink(at: string, target: string): Swaps {
  const beside = `${at}.beside`;
  return {
    there: () => {
      could(() => linkSync(target, beside));
      return could(() => renameSync(beside, at));
    },
    back: () => {
      // For a moment the file outside has but one name again; then there is something of his own.
      could(() => rmSync(at, { force: true }));
      return could(() => writeFileSync(at, 'mine', { flag: 'wx' }));
    },
  };
}

function could(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

async function attack(trick: Trick, [directory = '', outside = '', least = '']: readonly string[]): Promise<void> {
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
  const { there, back } = trick(directory, outside);
  let isWanted = true;
  process.stdin.on('end', () => {
    isWanted = false;
  });
  process.stdin.resume();
  process.stdout.write('ready\n');
  let swaps = 0;
  let isThrough = false;
  while (isWanted) {
    for (let round = 0; round < pairsPerTurn; round += 1) swaps += Number(there()) + Number(back());
    if (!isThrough && swaps >= Number(least)) process.stdout.write('enough\n');
    isThrough = swaps >= Number(least);
    await turn();
  }
  process.stdout.write(`${swaps}\n`);
}

const [, main, name = '', ...rest] = process.argv;
const trick = tricks[name];
if (main === import.meta.filename && trick !== undefined) await attack(trick, rest);
