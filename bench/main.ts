/**
 * `npm run bench`: guise side by side with its peers inside one real host, all doing the same work.
 *
 * Prints progress on stderr and the report on stdout; a whole run also writes the report into docs/benchmarks.md. Nothing here
 * asserts on time. Instead, `--triggers` measures the engine of triggers and its replay; `--placement` finding hosts; `--rest` daemons that
 * have nothing to do; `--contention` hosts that share a machine; `--checkout` one that is lent. Ctrl-C takes the host down and leaves
 * nothing behind.
 * Exit code: 0 when every contender did its work, 1 when one failed, 2 for bad arguments, 130 when interrupted.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Lab, openLab } from '@guise/lab';
import { exitCodeOf, GuiseError } from '@guise/model';
import { checkoutFigures, checkoutLab, renderCheckoutFigures } from './checkout.ts';
import { readConditions } from './conditions.ts';
import { contenders } from './contenders/index.ts';
import { contentionFigures, contentionLab, renderContentionFigures } from './contention.ts';
import { figuresOf, goalsOf } from './figures.ts';
import { type Instead, type Options, parseOptions } from './options.ts';
import { placementFigures, renderPlacementFigures } from './placement.ts';
import { prepareHost } from './prepared-host.ts';
import { publish, type Section } from './publish.ts';
import { renderRestFigures, restFigures } from './rest.ts';
import { type Round, runRound, works } from './rounds.ts';
import { renderReport } from './tables.ts';
import { renderTriggerFigures, triggerFigures } from './triggers.ts';

const root = join(import.meta.dirname, '..');

const document = join(root, 'docs', 'benchmarks.md');

const interruption = new AbortController();

/** What is measured instead of contenders: where its report goes, the lab that it needs, and the report itself. */
interface Other {
  readonly section: Section;
  readonly lab: string | null;
  readonly measure: (lab: Lab, date: string, options: Options) => Promise<string> | string;
}

const others: Readonly<Record<Instead, Other>> = {
  triggers: {
    section: 'figures of triggers',
    lab: null,
    measure: async (_lab, _date, { runs }) => renderTriggerFigures(await triggerFigures(root, runs)),
  },
  placement: {
    section: 'figures of placement',
    lab: null,
    measure: (_lab, date) => renderPlacementFigures(placementFigures(), date),
  },
  rest: {
    section: 'figures at rest',
    lab: 'bench-rest',
    measure: async (lab, date) => renderRestFigures(await restFigures(lab, report), date),
  },
  contention: {
    section: 'figures of contention',
    lab: contentionLab,
    measure: async (lab, date) => renderContentionFigures(await contentionFigures(lab, report), date),
  },
  checkout: {
    section: 'figures of checkout',
    lab: checkoutLab,
    measure: async (lab, date) => renderCheckoutFigures(await checkoutFigures(lab, report), date),
  },
};

try {
  const options = parseOptions(process.argv.slice(2), contenders);
  process.exitCode = await workOf(options);
} catch (error) {
  // Once the host is being taken down, whatever waits for it fails, and that is nobody's concern.
  if (interruption.signal.aborted) process.exitCode = 130;
  else if (error instanceof GuiseError) {
    report(error.message);
    process.exitCode = exitCodeOf(error);
  } else throw error;
}

function workOf(options: Options): Promise<0 | 1> {
  if (options.instead === null) return withLab('bench', options, bench);
  const { lab, section, measure } = others[options.instead];
  const work = async (opened: Lab): Promise<0> => {
    const [date = ''] = new Date().toISOString().split('T');
    const text = await measure(opened, date, options);
    process.stdout.write(`\n${text}\n`);
    publish(document, section, text);
    return 0;
  };
  return lab === null ? work(undefined as never) : withLab(lab, options, work);
}

async function withLab(
  name: string,
  options: Options,
  work: (lab: Lab, options: Options) => Promise<0 | 1>,
): Promise<0 | 1> {
  const lab = openLab({
    name,
    directory: process.env['GUISE_LAB_DIR'] ?? '/var/lib/guise-lab',
    repository: root,
    report: () => undefined,
  });
  downWhenInterrupted(lab);
  try {
    return await work(lab, options);
  } finally {
    if (!options.keep) await lab.down();
  }
}

async function bench(lab: Lab, options: Options): Promise<0 | 1> {
  await prepareHost(lab, options.contenders, report);
  const rounds = await runRounds(lab, options);
  const conditions = await readConditions(lab, options.runs);
  const figures = figuresOf(rounds);
  const text = renderReport(figures, goalsOf(figures), conditions);
  process.stdout.write(`\n${text}\n`);
  if (options.jsonFile !== null)
    writeFileSync(options.jsonFile, `${JSON.stringify({ conditions, rounds }, null, 2)}\n`);
  if (options.publish) publish(document, 'figures', text);
  return figures.some(({ type }) => type === 'failed') ? 1 : 0;
}

/** Round by round, each contender in turn, so that a machine that gets slower or faster does so for all of them. */
async function runRounds(lab: Lab, { contenders, runs }: Options): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let run = 1; run <= runs; run += 1) {
    for (const contender of contenders) {
      const round = await runRound(lab, contender);
      interruption.signal.throwIfAborted();
      rounds.push(round);
      report(`round ${run} of ${runs}: ${lineOf(round)}`);
    }
  }
  return rounds;
}

function lineOf(round: Round): string {
  if (round.type === 'failed') return `${round.contender} failed: ${round.why}`;
  const times = works.map((work) => `${work} ${round.costs[work].wallMs.toFixed(0)} ms`);
  return `${round.contender}: ${times.join(', ')}`;
}

/** A second signal ends this process at once; the next run then finds what is left. */
function downWhenInterrupted(lab: Lab): void {
  const stop = (): void => {
    report('interrupted; taking the host down');
    interruption.abort();
    lab.down().catch((error: unknown) => report(String(error)));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
}

function report(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
