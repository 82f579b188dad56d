/** What `npm run bench -- …` understands. Throws: `argument_invalid`. */
import { parseArgs } from 'node:util';
import { GuiseError } from '@guise/model';
import type { Contender } from './contenders/contender.ts';

export interface Options {
  readonly contenders: readonly Contender[];
  readonly runs: number;
  /** Where every single measurement goes as JSON; null for nowhere. */
  readonly jsonFile: string | null;
  /** Leaves the prepared host up, so that the next run starts at once. */
  readonly keep: boolean;
  /** Whether docs/benchmarks.md gets the figures: only those of all contenders and enough rounds do. */
  readonly publish: boolean;
  /** Measure this and nothing else. */
  readonly instead: Instead | null;
}

export const insteads = ['triggers', 'rest', 'contention', 'checkout', 'placement'] as const;
export type Instead = (typeof insteads)[number];

const usage = `npm run bench -- [option…]
  --only NAME,…   contenders whose name holds one of these (default: all)
  --runs N        rounds, of which the median counts, 1 to 50 (default: 5)
  --quick         one round, without the slow "Ansible (typical)"
  --json FILE     write every measurement
  --triggers      measure triggers and their replay instead, without a host
  --rest          measure the agent and its peers at rest instead, some five minutes
  --contention    measure how fairly hosts share a machine instead, some two minutes
  --checkout      measure how long lending a host takes instead, some two minutes
  --placement     measure how fast the best of 100,000 hosts is found instead, without a host
  --keep          leave the prepared host up; a run without --keep removes it
`;

const runsMax = 50;
/** Fewer rounds tell too little to be published. */
const runsPublished = 5;

export function parseOptions(argv: readonly string[], all: readonly Contender[]): Options {
  const { only, runs, quick, json, keep, ...others } = parsed(argv);
  const names = only?.split(',').map((name) => name.trim().toLowerCase()) ?? [''];
  const contenders = all
    .filter(({ name }) => names.some((part) => name.toLowerCase().includes(part)))
    .filter(({ name }) => !(quick && name.includes('typical')));
  if (contenders.length === 0)
    throw invalid(`Cannot find "${only}": there are ${all.map(({ name }) => name).join(', ')}`);
  const count = quick ? 1 : Number(runs);
  if (!Number.isInteger(count) || count < 1 || count > runsMax) {
    throw invalid(`Cannot run "${runs}" rounds: it must be a whole number from 1 to ${runsMax}`);
  }
  return {
    contenders,
    runs: count,
    jsonFile: json ?? null,
    keep,
    publish: only === undefined && count >= runsPublished,
    instead: insteads.find((name) => others[name]) ?? null,
  };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        runs: { type: 'string', default: '5' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        keep: { type: 'boolean', default: false },
        triggers: { type: 'boolean', default: false },
        rest: { type: 'boolean', default: false },
        contention: { type: 'boolean', default: false },
        checkout: { type: 'boolean', default: false },
        placement: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', `${message}\n${usage}`);
}
