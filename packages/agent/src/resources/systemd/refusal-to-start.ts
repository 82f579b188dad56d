/** Says which units do not run, why systemd thinks so, and what they last wrote to the journal. */
import { GuiseError, limits } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { UnitDeath, UnitReport } from '../../host/systemd/port.ts';

interface DeadUnit {
  readonly unit: string;
  readonly report: UnitReport;
}

/** `refusals`: why systemd did not even try. */
export async function refusalToStart(
  dead: readonly DeadUnit[],
  refusals: ReadonlyMap<string, string>,
  host: Host,
): Promise<GuiseError> {
  const reported = dead.slice(0, limits.deadUnitsReported);
  const deaths = await host.systemd.deaths(reported.map(({ unit }) => unit));
  const words = await Promise.all(
    reported.map(
      async ({ unit, report }) =>
        `${unit} (${refusals.get(unit) ?? reasonOf(report, deaths.get(unit))})${await lastWords(host, unit)}`,
    ),
  );
  const more = dead.length > reported.length ? `; and ${dead.length - reported.length} more` : '';
  return new GuiseError('change_failed', `Cannot run ${words.join('; ')}${more}`);
}

function reasonOf({ loadState, activeState }: UnitReport, death: UnitDeath | undefined): string {
  if (loadState !== 'loaded') return loadState;
  if (death?.type === 'oneshot' && death.result === 'success') {
    return 'a oneshot that ended; with RemainAfterExit=yes it would count as running';
  }
  if (death === undefined) return activeState;
  return `${activeState}, ${death.result}${death.exitStatus === 0 ? '' : `, exit status ${death.exitStatus}`}`;
}

/** Empty when there is no journal to ask. */
async function lastWords(host: Host, unit: string): Promise<string> {
  const argv = [
    'journalctl',
    '--unit',
    unit,
    '--lines',
    String(limits.deadUnitLogLines),
    '--no-pager',
    '--output',
    'cat',
    '--quiet',
  ];
  try {
    const { stdout } = await host.run(argv, { accept: 'any', reads: true, shown: true });
    const lines = stdout.trim();
    return lines === '' ? '' : `: ${lines.replaceAll('\n', ' | ')}`;
  } catch {
    return '';
  }
}
