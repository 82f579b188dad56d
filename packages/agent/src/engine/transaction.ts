/**
 * One switch from its record to its end: act, verify, test, confirm, then commit or undo.
 *
 * Killed before `record`: nothing happened. From `record` to `commit`: recovery undoes it. After `commit`: it stands.
 * A failure of any step, a refused disk included, undoes what was done; if the undo fails too the transaction is `stuck`
 * and says what is left. Whatever happens, it is in the journal before the caller hears of it.
 */
import { differingFields } from '@guise/decide';
import type { Address, Json, Layer, Plan, TransactionReport } from '@guise/model';
import { GuiseError, limits, shownValue } from '@guise/model';
import { allSettled } from '../all-settled.ts';
import type { Ending, Journal } from '../journal/journal.ts';
import type { OpenTransaction } from '../journal/transaction-row.ts';
import type { ApplyContext } from '../resources/adapter.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { act } from './act.ts';
import type { BlobStore } from './blob-store.ts';
import type { ApplyOptions, Outcome } from './engine.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';
import type { Prepared } from './prepare.ts';
import { runHealthChecks, runTests } from './probes.ts';
import type { Provided } from './provided.ts';
import { providedByRun } from './provided.ts';
import { Stopwatch } from './stopwatch.ts';
import { undo } from './undo.ts';

interface Environment {
  readonly journal: Journal;
  readonly adapters: Adapters;
  readonly blobs: BlobStore;
  readonly context: ApplyContext;
  readonly redactor: Redactor;
  readonly clock: () => Date;
  readonly random: () => string;
  readonly options: ApplyOptions;
}

interface RunInput extends Environment {
  readonly layers: readonly Layer[];
  readonly prepared: Prepared;
  readonly prepareMs: number;
}

export async function runTransaction(input: RunInput): Promise<Outcome> {
  const { journal, prepared, layers, clock, random, options, prepareMs } = input;
  const { plan } = prepared;
  const id = `${clock().getTime().toString(36)}-${random()}`;
  const stopwatch = new Stopwatch({ prepare: prepareMs });
  options.onProgress?.({ phase: 'record', detail: plan.hash });
  journal.record({
    id,
    plan,
    layersBefore: journal.activeLayers(),
    layersAfter: layers,
    blobs: prepared.preImages,
    startedAt: clock().toISOString(),
  });
  stopwatch.lap('record');
  try {
    const provided = await change(input, id, stopwatch);
    options.onProgress?.({ phase: 'commit', detail: id });
    const { afterCommit, blobs } = settled(prepared, provided, input.blobs);
    journal.commit(id, afterCommit, blobs, {
      finishedAt: clock().toISOString(),
      timingsMs: stopwatch.laps,
      error: null,
    });
    return { type: 'committed', plan, transaction: journal.report(id) };
  } catch (error) {
    const open = journal.open();
    // Whatever failed after the commit, the switch stands.
    if (open === null) return { type: 'committed', plan, transaction: journal.report(id) };
    const transaction = await backOut(input, { ...open, error: errorReport(error, input.redactor) }, stopwatch);
    return { type: transaction.status === 'stuck' ? 'stuck' : 'rolled_back', plan, transaction };
  }
}

/** Undoes what a killed run left. The host is then as it was before that run. */
export function recoverTransaction(
  input: Environment & { readonly open: OpenTransaction },
): Promise<TransactionReport> {
  const { open, options } = input;
  options.onProgress?.({ phase: 'recover', detail: open.id });
  const error = open.error ?? {
    code: 'change_failed',
    message: 'The agent was interrupted during this switch, which was undone at its next start',
    problems: [],
  };
  return backOut(input, { ...open, error }, new Stopwatch());
}

/** Gives what the packages of this switch put where its personas write. */
async function change(input: RunInput, id: string, stopwatch: Stopwatch): Promise<ReadonlyMap<Address, Provided>> {
  const { prepared, adapters, context, journal, options } = input;
  const { plan } = prepared;
  let provided: ReadonlyMap<Address, Provided> = new Map();
  await act({
    stages: plan.stages,
    adapters,
    context,
    onServices: () => journal.servicesBegun(id),
    onStage: (stage) => options.onProgress?.({ phase: 'act', detail: `${stage.kind}: ${stage.changes.length}` }),
    afterPackages: async () => {
      provided = await providedByRun(prepared, adapters, context);
    },
  });
  stopwatch.lap('act');
  options.onProgress?.({ phase: 'verify', detail: `${plan.stages.length} stages` });
  await allSettled([verify(input), context.host.files.sync()]);
  await runTests(prepared.tests, context.host, context.signal);
  await runHealthChecks(prepared.healthChecks, context.host, context.signal);
  stopwatch.lap('verify');
  await confirm(plan, id, input);
  stopwatch.lap('confirm');
  return provided;
}

function settled({ afterCommit }: Prepared, provided: ReadonlyMap<Address, Provided>, blobs: BlobStore) {
  const further = [...provided].map(([address, { state, by }]) => [address, state, by] as const);
  const before = afterCommit.provided.filter(([address]) => !provided.has(address));
  return {
    afterCommit: { ...afterCommit, provided: [...before, ...further] },
    blobs: blobs.referredBy(further.map(([, state]) => state)),
  };
}

/** Reads every changed address back. */
async function verify({ prepared, adapters, context }: RunInput): Promise<void> {
  const addresses = prepared.plan.stages.flatMap((stage) => stage.changes.map((each) => each.address));
  const live = await observe({ addresses, known: prepared.targets, secrets: prepared.secrets, adapters, context });
  for (const address of addresses) {
    const after = prepared.targets.get(address) ?? {};
    const seen = live.get(address) ?? {};
    const [field] = differingFields(address, seen, after);
    if (field === undefined) continue;
    throw new GuiseError(
      'verify_failed',
      `Cannot set ${address}: after the change its ${field} is ${told(seen[field])} and should be ${told(after[field])}`,
    );
  }
}

function told(value: Json | undefined): string {
  return JSON.stringify(shownValue(value ?? null));
}

async function confirm(plan: Plan, id: string, { journal, options }: RunInput): Promise<void> {
  const cutsOff = plan.stages.some((stage) => stage.changes.some((each) => each.cutsOff));
  if (!cutsOff || options.confirm === undefined) return;
  journal.status(id, 'confirming');
  options.onProgress?.({ phase: 'confirm', detail: id });
  if (await options.confirm(id, limits.confirmTimeoutMs)) return;
  throw new GuiseError(
    'confirm_missed',
    `The control plane did not confirm the switch within ${limits.confirmTimeoutMs / 1000} s, so this host may have cut itself off`,
  );
}

type BackOut = Pick<OpenTransaction, 'id' | 'plan' | 'servicesBegun' | 'error'>;

async function backOut(environment: Environment, open: BackOut, stopwatch: Stopwatch): Promise<TransactionReport> {
  const { journal, adapters, context, clock, options, redactor } = environment;
  const ending = (error: TransactionReport['error']): Ending => ({
    finishedAt: clock().toISOString(),
    timingsMs: stopwatch.laps,
    error,
  });
  try {
    tolerateFullDisk(() => journal.status(open.id, 'undoing'));
    await undo({
      plan: open.plan,
      servicesBegun: open.servicesBegun,
      adapters,
      context: { ...context, signal: new AbortController().signal, undoing: true },
      onStage: (detail) => options.onProgress?.({ phase: 'undo', detail }),
    });
    stopwatch.lap('undo');
    journal.rolledBack(open.id, ending(open.error));
  } catch (error) {
    stopwatch.lap('undo');
    const report = errorReport(error, redactor);
    const undone =
      open.error === null || open.error.code === 'undo_failed'
        ? ''
        : `. It was being undone because: ${open.error.message}`;
    tolerateFullDisk(() => journal.stuck(open.id, ending({ ...report, message: `${report.message}${undone}` })));
    if (!(error instanceof GuiseError) || error.code !== 'undo_failed') throw error;
  }
  return journal.report(open.id);
}

/** The journal may be what failed; the undo must go on, and the next start finds the transaction still open and undoes it again. */
function tolerateFullDisk(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof GuiseError) || error.code !== 'journal_failed') throw error;
  }
}

function errorReport(thrown: unknown, redactor: Redactor): NonNullable<TransactionReport['error']> {
  const error = redactor.error(thrown);
  if (error instanceof GuiseError) return { code: error.code, message: error.message, problems: error.problems };
  return {
    code: 'change_failed',
    message: redactor.text(error instanceof Error ? error.message : String(error)),
    problems: [],
  };
}
