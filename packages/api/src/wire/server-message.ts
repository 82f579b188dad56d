/** What the control plane says to an agent over the WebSocket. One JSON text per message, at most `limits.wireMessageBytes`. */
import { limits } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { cloudEvent, hold } from '../schemas/adaptation.ts';
import { address, digest, name, snapshotLabel } from '../schemas/ids.ts';
import { signedLayer } from '../schemas/persona.ts';

/** The value of a secret, sealed to this host's key under the name `secret/<name>/<version>`. */
const sealedSecret = z.object({ name, version: z.int().min(1), sealed: z.string().max(2 * limits.secretBytes) });

const askId = z.string().min(1).max(64);

/** Counts up with every lease of the host. An agent refuses what comes with a smaller one than it has seen. */
const fence = z.int().min(0).max(limits.fenceMax);

/** What the holder of a lease does to a host. */
const leaseAsks = [
  /** From now on nothing of an older lease counts. */
  z.object({ ask: z.literal('lease'), fence }),
  z.object({ ask: z.literal('capabilities') }),
  z.object({ ask: z.literal('snapshot'), fence, label: snapshotLabel }),
  z.object({ ask: z.literal('revert'), fence, label: snapshotLabel }),
  z.object({ ask: z.literal('discard'), fence, label: snapshotLabel }),
  /** Runs the tests of what is active, one after another. */
  z.object({ ask: z.literal('tests'), fence, instances: z.array(name).max(limits.layersPerHost) }),
] as const;

/** A question, or an order whose outcome is the answer. */
export const ask = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('plan'),
    layers: z.array(signedLayer).max(limits.layersPerHost),
    /** What the layers name, as in `desired`. */
    secrets: z.array(sealedSecret).max(limits.secretsPerHost),
  }),
  z.object({ ask: z.literal('why'), address }),
  z.object({ ask: z.literal('state') }),
  z.object({ ask: z.literal('drift') }),
  /** Answered once the hold is on the host's disk; the switch that follows is reported like any other. */
  z.object({ ask: z.literal('hold'), hold }),
  z.object({ ask: z.literal('release'), hold_id: z.string().min(1).max(64) }),
  z.object({
    ask: z.literal('rollback'),
    to: z.enum(['previous', 'baseline']),
    /** To go back to older versions, where that is what was before. */
    permissions: z.array(envelope).max(limits.layersPerHost).optional(),
  }),
  ...leaseAsks,
]);

export const serverMessage = z.discriminatedUnion('type', [
  /** The answer to `hello`. The agent sends every transaction after `last_transaction`. */
  z.object({
    type: z.literal('welcome'),
    last_transaction: z.string().nullable(),
    /** Trust roots that follow the one of `hello`, in order. */
    roots: z.array(envelope).max(limits.rootsPerWelcome).optional(),
  }),
  /** The same, when one comes while the agent is connected. */
  z.object({ type: z.literal('roots'), roots: z.array(envelope).max(limits.rootsPerWelcome) }),
  z.object({
    type: z.literal('desired'),
    generation: z.int().min(1),
    digest,
    layers: z.array(signedLayer).max(limits.layersPerHost),
    /** Every secret that the layers name, for this host alone. */
    secrets: z.array(sealedSecret).max(limits.secretsPerHost).default([]),
    /** Of the host's last lease; 0 when there never was one. Absent from a control plane that knows of no leases. */
    fence: fence.optional(),
  }),
  /** The newest checkpoint of the audit log, and the proof that it only adds to the one of `hello` or of the last such message. */
  z.object({
    type: z.literal('checkpoint'),
    note: z.string().max(limits.checkpointChars),
    /** The size that the proof starts from; 0 for none. */
    from: z.int().min(0),
    /** Hashes as base64. Source: RFC 6962, 2.1.2. */
    consistency: z.array(z.string().length(44)).max(64),
  }),
  /** For the triggers of this host. A host that is away misses it: an event is news, not state. */
  z.object({ type: z.literal('event'), event: cloudEvent }),
  z.object({ type: z.literal('ask'), id: askId, question: ask }),
  /** The nonce of `confirm_request`, back over the connection it came by. */
  z.object({ type: z.literal('confirm'), transaction_id: z.string().max(64), nonce: z.string().max(128) }),
]);

export type Ask = z.output<typeof ask>;
export type ServerMessage = z.output<typeof serverMessage>;
export type DesiredMessage = Extract<ServerMessage, { type: 'desired' }>;
