/**
 * What hosts report, as the audit tells it: who switched what, and why.
 *
 * A transaction's digests are of the layers that were active before and after it; its plan is named by its hash. Nothing of what was
 * changed is told, because that may be secret: the host's journal has it.
 */
import type { AgentMessage } from '@guise/api';
import type { CandidateReport, Json, LayerRef, TransactionReport } from '@guise/model';
import { stateDigest } from '../app/state-digest.ts';
import type { AuditRecord } from '../store/audit.ts';

export type Cause = Extract<AgentMessage, { readonly type: 'transaction' }>['cause'];

export interface TransactionNews {
  readonly host_id: string;
  readonly report: TransactionReport;
  readonly cause: Cause;
}

/** A candidate that came or went; null for what was not, or is no more, a candidate at all. */
export interface SwitchNews {
  readonly host_id: string;
  readonly before: CandidateReport | null;
  readonly after: CandidateReport | null;
}

type HostRecord = AuditRecord & { readonly actor: string };

export function transactionRecord({ host_id, report, cause }: TransactionNews): HostRecord {
  const isCommitted = report.status === 'committed';
  return {
    ...hostOf(host_id),
    action: 'host:transaction',
    ...(cause === null ? {} : { cause }),
    before: stateDigest(report.layers_before.map(layerJson)),
    after: stateDigest((isCommitted ? report.layers_after : report.layers_before).map(layerJson)),
    outcome: isCommitted ? 'done' : 'failed',
    detail: {
      transaction_id: report.id,
      status: report.status,
      plan_hash: report.plan_hash,
      changes: report.changes.length,
      layers: report.layers_after.map(layerJson),
      error: report.error?.code ?? null,
    },
  };
}

export function switchRecord({ host_id, before, after }: SwitchNews): HostRecord {
  const said = after ?? before;
  return {
    ...hostOf(host_id),
    action: 'host:switch',
    cause: after === null || said === null ? 'assignment' : causeOf[said.decided_by],
    before: stateDigest(before?.active ? layerJson(before) : null),
    after: stateDigest(after?.active ? layerJson(after) : null),
    detail: {
      ...(said === null ? {} : layerJson(said)),
      active: after?.active ?? false,
      reason: after?.reason ?? 'it is a candidate of this host no more',
      since: after?.since ?? null,
    },
  };
}

const causeOf = { always: 'assignment', triggers: 'trigger', hold: 'hold' } as const;

/** Those of which `active` is another than before; an instance that is another persona now went and came. */
export function switchesOf(
  hostId: string,
  before: readonly CandidateReport[],
  after: readonly CandidateReport[],
): readonly SwitchNews[] {
  const byInstance = new Map(before.map((candidate) => [candidate.instance, candidate] as const));
  const news: SwitchNews[] = [];
  for (const candidate of after) {
    const known = byInstance.get(candidate.instance) ?? null;
    byInstance.delete(candidate.instance);
    const isOther = known !== null && known.persona_id !== candidate.persona_id;
    if (isOther && known.active) news.push({ host_id: hostId, before: known, after: null });
    const wasActive = known !== null && !isOther && known.active;
    if (wasActive !== candidate.active)
      news.push({ host_id: hostId, before: isOther ? null : known, after: candidate });
  }
  for (const gone of byInstance.values()) if (gone.active) news.push({ host_id: hostId, before: gone, after: null });
  return news;
}

function hostOf(hostId: string) {
  return { actor: `host/${hostId}`, resource: `host/${hostId}` };
}

function layerJson({ instance, persona_id, version, priority }: LayerRef): { readonly [key: string]: Json } {
  return { instance, persona_id, version, priority };
}
