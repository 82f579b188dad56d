/** What an agent says to the control plane over the WebSocket that it opened. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { alertReport, candidateReport, hold } from '../schemas/adaptation.ts';
import { errorBody } from '../schemas/error-body.ts';
import { switchOutcome } from '../schemas/host.ts';
import { capability, digest, fingerprint, hostId } from '../schemas/ids.ts';
import { facts } from '../schemas/json.ts';
import { planReport } from '../schemas/plan.ts';
import { driftReport, stateReport, transactionReport, whyReport } from '../schemas/report.ts';

/** Raised when agents and control planes of either side can no longer talk. */
export const wireProtocol = 1;

export const agentMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.literal(wireProtocol),
    host_id: hostId,
    agent_version: z.string().max(64),
    facts,
    /** Of the desired state that the agent has on its disk. */
    known: z.object({ generation: z.int().min(1), digest }).nullable(),
    /** Version of the trust root that the agent goes by. */
    root_version: z.int().min(1).optional(),
    /** Size of the audit log at the newest checkpoint that the agent remembers; 0 for none. */
    checkpoint_size: z.int().min(0).default(0),
    /** The highest fence that the host has seen. A control plane that was set up anew, or from a backup, goes on from it. */
    fence: z.int().min(0).max(limits.fenceMax).optional(),
  }),
  z.object({ type: z.literal('heartbeat') }),
  z.object({ type: z.literal('report'), state: stateReport }),
  /** A transaction of the journal, whoever began it; may come twice. */
  z.object({
    type: z.literal('transaction'),
    transaction: transactionReport,
    /** Who or what wanted it, as far as the host knows; null when it does not. */
    cause: z.enum(['assignment', 'trigger', 'hold', 'local', 'drift']).nullable().default(null),
  }),
  /** Of the last desired state; its transaction was sent before it. */
  switchOutcome.extend({ type: z.literal('outcome') }),
  /** Every candidate and every hold of the host, whenever one of them changed and after each welcome. */
  z.object({
    type: z.literal('candidates'),
    candidates: z.array(candidateReport).max(limits.candidatesPerHost),
    holds: z.array(hold).max(limits.holdsPerHost),
  }),
  /** All that last, and those that ended since the last such message; after each welcome too. May come twice. */
  z.object({ type: z.literal('alerts'), alerts: z.array(alertReport).max(limits.alertsPerHost) }),
  /** The shape is the question's; see `answers`. */
  z.object({ type: z.literal('answer'), id: z.string().max(64), answer: z.unknown() }),
  z.object({ type: z.literal('refusal'), id: z.string().max(64), error: errorBody.shape.error }),
  /** Asks for its nonce back, over a connection opened after the change. */
  z.object({ type: z.literal('confirm_request'), transaction_id: z.string().max(64), nonce: z.string().max(128) }),
]);

export type AgentMessage = z.output<typeof agentMessage>;

const testResult = z.object({
  instance: z.string().max(256),
  name: z.string().max(256),
  ok: z.boolean(),
  /** Null when it did not end by itself. */
  exit_code: z.int().nullable(),
  duration_ms: z.number().min(0),
  /** The end of what it printed, without secrets. */
  output: z.string().max(limits.testOutputChars),
});

/** The shape of each answer, by what was asked. */
export const answers = {
  plan: planReport,
  why: whyReport,
  state: stateReport,
  drift: z.array(driftReport),
  hold,
  release: z.object({ released: z.boolean() }),
  rollback: z.object({
    result: z.enum(['unchanged', 'committed', 'rolled_back', 'stuck']),
    transaction_id: z.string().nullable(),
  }),
  /** The highest fence that the host has seen. */
  lease: z.object({ fence: z.int().min(0) }),
  capabilities: z.object({
    can: z.array(capability.extract(['snapshot', 'revert'])),
    /** Whether a revert brings back every file, or only what guise manages. */
    reverts: z.enum(['everything', 'managed']),
  }),
  snapshot: fingerprint,
  revert: fingerprint.extend({
    /** What is not as at the snapshot, such as `files /etc/hosts`, and how much more there is. */
    differing: z.array(z.string().max(limits.differingChars)).max(limits.differingReported),
    differing_count: z.int().min(0),
  }),
  discard: z.object({ discarded: z.boolean() }),
  tests: z.array(testResult).max(limits.testsPerAsk),
} as const;

export type AnswerTo<Question extends keyof typeof answers> = z.output<(typeof answers)[Question]>;
