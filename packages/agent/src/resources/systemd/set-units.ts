/**
 * Makes units run or not, and start at boot or not: each step is one batch for all units, and only if there is something to do.
 *
 * Order: stop and disable; reload systemd; start, nudge and enable; look. What is to be stopped needs no reload even when its
 * file is gone, and a unit that systemd has never read starts without one; so a reload (70 ms and more) happens only when a
 * unit that is to run was read from older files.
 * A unit that dies within milliseconds of its start is a failure; one that dies later is for health checks to see.
 * Throws: `change_failed`, naming each unit that does not run and its last words in the journal.
 */
import type { Nudge } from '@guise/model';
import { allSettled } from '../../all-settled.ts';
import type { UnitFileVerb, UnitJob, UnitReport } from '../../host/systemd/port.ts';
import type { ApplyContext } from '../adapter.ts';
import { type Enablement, readEnablements } from './enablement.ts';
import { refusalToStart } from './refusal-to-start.ts';
import { unitPath } from './unit-files.ts';
import { isAlive, isRunning, needsReload } from './unit-status.ts';

export interface UnitTarget {
  readonly unit: string;
  /** Null leaves it as it is. */
  readonly running: boolean | null;
  /** Null leaves it as it is. */
  readonly enablement: Enablement | null;
  readonly nudge: Nudge | null;
}

interface Unit extends UnitTarget {
  readonly report: UnitReport;
  readonly enabledNow: Enablement;
}

export async function setUnits(targets: readonly UnitTarget[], context: ApplyContext): Promise<void> {
  const before = await look(targets, context);
  await allSettled([stop(before, context), disable(before, context)]);
  // A mask hides both what is enabled below it and that systemd must read the unit again.
  const now = before.some(isUnmasked) ? await look(targets, context) : before;
  context.signal.throwIfAborted();
  await reloadIfOutdated(
    now.filter(({ running }) => running !== false).map(({ unit }) => unit),
    context,
  );
  await allSettled([run(now, context), enable(now, context)]);
}

/** Makes systemd read all units again when it has one of these from older files. */
export async function reloadIfOutdated(units: readonly string[], { host, point }: ApplyContext): Promise<void> {
  const origins = await host.systemd.origins(units);
  if (![...origins].some(([unit, origin]) => needsReload(host.files, unit, origin))) return;
  point('systemd: before reload');
  await host.systemd.reload();
  point('systemd: after reload');
}

/**
 * Makes systemd forget those of these units that have no file any more. One that another unit wanted when systemd last read its
 * files stays loaded, and could be started, until it reads them again.
 */
export async function forgetRemoved(units: readonly string[], context: ApplyContext): Promise<void> {
  const { files, live } = context.host;
  if (!live) return;
  await reloadIfOutdated(
    units.filter((unit) => files.status(unitPath(unit)).type === 'absent'),
    context,
  );
}

async function look(targets: readonly UnitTarget[], { host }: ApplyContext): Promise<readonly Unit[]> {
  const names = targets.map(({ unit }) => unit);
  const reports = await host.systemd.report(names);
  const enablements = readEnablements(names, host.files);
  return targets.map((target) => ({
    ...target,
    report: reports.get(target.unit)!,
    enabledNow: enablements.get(target.unit)!,
  }));
}

async function stop(units: readonly Unit[], context: ApplyContext): Promise<void> {
  const unwanted = units.filter(({ running }) => running === false);
  const alive = unwanted.filter(({ report }) => isAlive(report));
  await runJobs(
    alive.map(({ unit }) => ({ verb: 'stop', unit })),
    context,
  );
  // A unit that failed is remembered as such, even without a file, until it is told to be forgotten.
  const failed = unwanted.filter(({ report }) => report.activeState === 'failed');
  if (failed.length > 0) await context.host.systemd.resetFailed(failed.map(({ unit }) => unit));
}

async function disable(units: readonly Unit[], context: ApplyContext): Promise<void> {
  await setFiles('unmask', units.filter(isUnmasked), context);
  const disabled = units.filter(
    ({ enabledNow, enablement }) =>
      enabledNow === 'enabled' && enablement !== null && enablement !== 'enabled' && enablement !== 'masked',
  );
  await setFiles('disable', disabled, context);
  await setFiles(
    'mask',
    units.filter(({ enabledNow, enablement }) => enablement === 'masked' && enabledNow !== 'masked'),
    context,
  );
}

async function enable(units: readonly Unit[], context: ApplyContext): Promise<void> {
  await setFiles(
    'enable',
    units.filter(({ enabledNow, enablement }) => enablement === 'enabled' && enabledNow !== 'enabled'),
    context,
  );
}

/** Starts and nudges at once; whether that worked is asked of the units themselves, all together. */
async function run(units: readonly Unit[], context: ApplyContext): Promise<void> {
  const jobs = units.flatMap(jobOf);
  if (jobs.length === 0) return;
  const refusals = await runJobs(jobs, context);
  const touched = units.filter(({ unit }) => jobs.some((job) => job.unit === unit));
  let dead = await notRunning(touched, context);
  // Switching to and fro in a test or a rehearsal is no reason for systemd to give a healthy unit up.
  const deaths = await context.host.systemd.deaths(dead.map(({ unit }) => unit));
  const tooOften = [...deaths].filter(([, { result }]) => result === 'start-limit-hit').map(([unit]) => unit);
  if (tooOften.length > 0) {
    await context.host.systemd.resetFailed(tooOften);
    await runJobs(
      tooOften.map((unit) => ({ verb: 'start', unit })),
      context,
    );
    dead = await notRunning(touched, context);
  }
  if (dead.length > 0) throw await refusalToStart(dead, refusals, context.host);
}

async function notRunning(units: readonly Unit[], context: ApplyContext): Promise<readonly Unit[]> {
  return (await look(units, context)).filter(({ report }) => !isRunning(report));
}

function jobOf({ unit, running, nudge, report }: Unit): readonly UnitJob[] {
  if (running === true && !isRunning(report)) return [{ verb: 'start', unit }];
  if (running === false || nudge === null || !isRunning(report)) return [];
  return [{ verb: nudge === 'restart' ? 'restart' : 'reload-or-restart', unit }];
}

async function runJobs(jobs: readonly UnitJob[], { host, point }: ApplyContext): Promise<ReadonlyMap<string, string>> {
  if (jobs.length === 0) return new Map();
  const verbs = [...new Set(jobs.map(({ verb }) => verb))].join(', ');
  point(`systemd: before ${verbs}`);
  const refusals = await host.systemd.run(jobs);
  point(`systemd: after ${verbs}`);
  return refusals;
}

/** Only systemctl keeps the links of a System V script like those of its unit. */
async function setFiles(
  verb: UnitFileVerb,
  units: readonly Unit[],
  { host, point, signal }: ApplyContext,
): Promise<void> {
  if (units.length === 0) return;
  const synchronises = verb === 'enable' || verb === 'disable';
  const hasScript = ({ unit }: Unit): boolean =>
    synchronises && host.files.status(`/etc/init.d/${unit.replace(/\.service$/, '')}`).type !== 'absent';
  const scripted = units.filter(hasScript).map(({ unit }) => unit);
  const plain = units.filter((unit) => !hasScript(unit)).map(({ unit }) => unit);
  point(`systemd: before ${verb}`);
  if (plain.length > 0) await host.systemd.setFiles(verb, plain);
  if (scripted.length > 0) await host.run(['systemctl', verb, '--no-reload', '--quiet', '--', ...scripted], { signal });
  point(`systemd: after ${verb}`);
}

function isUnmasked({ enabledNow, enablement }: Unit): boolean {
  return enabledNow === 'masked' && enablement !== null && enablement !== 'masked';
}
