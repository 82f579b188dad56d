/**
 * Takes what agents report and writes it in batches, so that ten thousand agents cost a few statements.
 *
 * Invariants: a report is written before `take` resolves, and an agent is not read further until then, so memory is bounded by
 * one message an agent; what could not be written is kept and tried again, but for what the database will never take, which is the
 * fault of one host and must not keep the others' reports from being written. Heartbeats are only counted, and written less often.
 */
import type { AgentMessage, SwitchOutcome } from '@guise/api';
import type { AlertReport, CandidateReport, HostId, StateReport } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { wakeActivationsOn } from '../store/activations.ts';
import type { AdaptationReport } from '../store/adaptations.ts';
import { writeAdaptations } from '../store/adaptations.ts';
import { alertSignals, writeAlerts } from '../store/alerts.ts';
import { insertAudits } from '../store/audit.ts';
import { wakeListening } from '../store/checkouts.ts';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { recordHeartbeats } from '../store/presence.ts';
import { type TransactionKey, writeReports } from '../store/reports.ts';
import type { Signal } from '../store/signal.ts';
import { periodically } from './periodically.ts';
import { switchesOf, switchRecord, type TransactionNews, transactionRecord } from './report-records.ts';

export type Report = Extract<
  AgentMessage,
  { readonly type: 'report' | 'transaction' | 'outcome' | 'candidates' | 'alerts' }
>;

export interface ReportIntake {
  take(hostId: HostId, report: Report): Promise<void>;
  heard(hostId: HostId): void;
  stop(): Promise<void>;
}

interface Buffer {
  readonly states: Map<string, StateReport>;
  readonly transactions: TransactionNews[];
  readonly outcomes: Map<string, SwitchOutcome>;
  readonly adaptations: Map<string, AdaptationReport>;
  readonly alerts: Map<string, (readonly AlertReport[])[]>;
  readonly written: (() => void)[];
}

export function startReportIntake(
  database: Database,
  replicaId: string,
  onFailure: (error: unknown) => void,
): ReportIntake {
  let waiting = emptyBuffer();
  let writing = emptyBuffer();
  const heard = new Set<string>();
  const flushReports = async () => {
    if (writing.written.length === 0) [writing, waiting] = [waiting, writing];
    if (writing.written.length === 0) return;
    await writeWhatCanBe(database, writing, onFailure);
    for (const resolve of writing.written) resolve();
    writing = emptyBuffer();
  };
  const flushHeartbeats = async () => {
    if (heard.size === 0) return;
    const hostIds = [...heard];
    heard.clear();
    await recordHeartbeats(database, hostIds, replicaId);
  };
  const loops = [
    periodically(limits.reportFlushMs, flushReports, onFailure),
    periodically(limits.heartbeatFlushMs, flushHeartbeats, onFailure),
  ];
  return {
    take: (hostId, report) => {
      add(waiting, hostId, report);
      return new Promise((resolve) => waiting.written.push(resolve));
    },
    heard: (hostId) => {
      heard.add(hostId);
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await flushReports();
      await flushReports();
    },
  };
}

/** All at once; and if the database will never take that, each host by itself, without those whose fault it is. */
async function writeWhatCanBe(database: Database, buffer: Buffer, onFailure: (error: unknown) => void): Promise<void> {
  try {
    return await write(database, buffer);
  } catch (error) {
    if (!isOfContent(error)) throw error;
  }
  for (const hostId of hostsOf(buffer)) {
    try {
      await write(database, partOf(buffer, hostId));
    } catch (cause) {
      if (!isOfContent(cause)) throw cause;
      onFailure(new GuiseError('message_invalid', `Cannot keep a report of "${hostId}": ${cause.message}`, { cause }));
    }
  }
}

/** Classes 22, 23 and 54: wrong data, broken constraint, too much; or a value that is too large to be one text. Source: PostgreSQL, Appendix A. */
function isOfContent(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return error instanceof RangeError || code === 'ERR_STRING_TOO_LONG' || /^(22|23|54)...$/.test(code);
}

function hostsOf({ states, transactions, outcomes, adaptations, alerts }: Buffer): ReadonlySet<string> {
  const keyed = [states, outcomes, adaptations, alerts].flatMap((map) => [...map.keys()]);
  return new Set([...keyed, ...transactions.map(({ host_id }) => host_id)]);
}

function partOf(buffer: Buffer, hostId: string): Buffer {
  const only = <Value>(map: ReadonlyMap<string, Value>) => new Map([...map].filter(([key]) => key === hostId));
  return {
    states: only(buffer.states),
    transactions: buffer.transactions.filter(({ host_id }) => host_id === hostId),
    outcomes: only(buffer.outcomes),
    adaptations: only(buffer.adaptations),
    alerts: only(buffer.alerts),
    written: [],
  };
}

async function write(database: Database, buffer: Buffer): Promise<void> {
  await mutate(database, 'agents', async (tx) => {
    const transactions = await writeReports(tx, buffer);
    const candidatesBefore = await writeAdaptations(tx, buffer.adaptations);
    await insertAudits(tx, recordsOf(buffer, transactions, candidatesBefore));
    const turns = await writeAlerts(tx, buffer.alerts);
    const isAwaited = await wakeListening(tx, [...hostsOf(buffer)]);
    const isActivated = buffer.outcomes.size > 0 && (await wakeActivationsOn(tx, [...buffer.outcomes.keys()]));
    return {
      value: undefined,
      // Written above, in the names of the hosts.
      audit: null,
      signals: [
        ...buffer.transactions.map(({ host_id, report }) => happened(`host.${report.status}`, host_id)),
        ...alertSignals(turns),
        ...(isAwaited || isActivated ? [{ type: 'flow' } as const] : []),
      ],
    };
  });
}

/** What is news; a report that came before is none. */
function recordsOf(
  { transactions, adaptations }: Buffer,
  news: readonly TransactionKey[],
  candidatesBefore: ReadonlyMap<string, readonly CandidateReport[]>,
) {
  const byKey = new Map(transactions.map((each) => [`${each.host_id} ${each.report.id}`, each] as const));
  const told = news.flatMap(({ host_id, transaction_id }) => byKey.get(`${host_id} ${transaction_id}`) ?? []);
  const switches = [...candidatesBefore].flatMap(([hostId, before]) =>
    switchesOf(hostId, before, adaptations.get(hostId)?.candidates ?? []),
  );
  return [...told.map(transactionRecord), ...switches.map(switchRecord)];
}

function happened(event: string, subject: string): Signal {
  return { type: 'event', event, subject };
}

function add(buffer: Buffer, hostId: HostId, report: Report): void {
  switch (report.type) {
    case 'report':
      buffer.states.set(hostId, report.state);
      return;
    case 'transaction':
      buffer.transactions.push({ host_id: hostId, report: report.transaction, cause: report.cause });
      return;
    case 'outcome': {
      const { type: _type, ...outcome } = report;
      buffer.outcomes.set(hostId, outcome);
      return;
    }
    case 'candidates':
      buffer.adaptations.set(hostId, { candidates: report.candidates, holds: report.holds });
      return;
    case 'alerts':
      buffer.alerts.set(hostId, [...(buffer.alerts.get(hostId) ?? []), report.alerts]);
      return;
  }
}

function emptyBuffer(): Buffer {
  return {
    states: new Map(),
    transactions: [],
    outcomes: new Map(),
    adaptations: new Map(),
    alerts: new Map(),
    written: [],
  };
}
