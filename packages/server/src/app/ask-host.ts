/**
 * Asks an agent and waits for its answer, whichever process of ours it is connected to.
 *
 * Here when the connection is here; otherwise the question is left in the database, the process that has the connection is
 * signalled, and the reply comes back the same way.
 * Throws: `host_not_found`; `host_unavailable` with when it was last seen; `command_timeout`; the agent's own error.
 */
import { randomUUID } from 'node:crypto';
import type { AnswerTo, Ask } from '@guise/api';
import { answers, errorBody, errorBodyOf, errorFrom } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Reply } from '../store/asks.ts';
import { findAsk, insertAsk, takeReply, writeReply } from '../store/asks.ts';
import type { Database } from '../store/database.ts';
import type { Listener } from '../store/listener.ts';
import { replicaOf } from '../store/presence.ts';
import { sendSignals } from '../store/signal.ts';
import { askTimeoutMs, noAnswer } from './ask-timeout.ts';
import type { Connections } from './connections.ts';
import { requireHost } from './hosts.ts';

type Question<Name extends Ask['ask']> = Extract<Ask, { readonly ask: Name }>;
export type AskHost = <Name extends Ask['ask']>(hostId: HostId, question: Question<Name>) => Promise<AnswerTo<Name>>;

interface Parts {
  readonly database: Database;
  readonly connections: Connections;
  readonly listener: Listener;
  readonly replicaId: string;
}

export function askHosts(parts: Parts): AskHost {
  return async (hostId, question) => {
    const host = await requireHost(parts.database, hostId);
    const connection = parts.connections.get(hostId);
    if (connection === undefined && !host.connected) throw unavailable(hostId, host.last_seen_at);
    const answer =
      connection === undefined ? await askElsewhere(parts, hostId, question) : await connection.ask(question);
    const parsed = answers[question.ask].safeParse(answer);
    if (parsed.success) return parsed.data as never;
    throw new GuiseError(
      'message_invalid',
      `Cannot read the answer of "${hostId}": its agent speaks another language`,
      {
        detail: parsed.error.message,
      },
    );
  };
}

async function askElsewhere(parts: Parts, hostId: HostId, question: Ask): Promise<unknown> {
  const { database, listener } = parts;
  const replicaId = await replicaOf(database, hostId);
  if (replicaId === null) throw unavailable(hostId, null);
  const askId = randomUUID();
  const { promise: replied, resolve } = Promise.withResolvers<'replied' | 'late'>();
  const unsubscribe = listener.subscribe((signal) => {
    if (signal.type === 'replied' && signal.ask_id === askId) resolve('replied');
  });
  const timer = setTimeout(() => resolve('late'), askTimeoutMs(question));
  try {
    await database.transaction().execute(async (tx) => {
      await insertAsk(tx, { askId, hostId, question });
      await sendSignals(tx, [{ type: 'asked', ask_id: askId, replica_id: replicaId }]);
    });
    await replied;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
  return answerOf(hostId, question, await takeReply(database, askId));
}

function answerOf(hostId: HostId, question: Ask, reply: Reply | null): unknown {
  if (reply === null) throw noAnswer(hostId, question);
  if ('answer' in reply) return reply.answer;
  throw errorFrom({ error: errorBody.shape.error.parse(reply.error) }, 'host_unavailable');
}

/** Answers what other processes ask of agents that are connected here. */
export function answerOthers(parts: Parts, onFailure: (error: unknown) => void): void {
  parts.listener.subscribe((signal) => {
    if (signal.type === 'asked' && signal.replica_id === parts.replicaId)
      answerOne(parts, signal.ask_id).catch(onFailure);
  });
}

async function answerOne({ database, connections }: Parts, askId: string): Promise<void> {
  const asked = await findAsk(database, askId);
  if (asked === null) return;
  const connection = connections.get(asked.hostId);
  const reply =
    connection === undefined
      ? refusal(unavailable(asked.hostId, null))
      : await connection.ask(asked.question).then(answered, refusal);
  await database.transaction().execute(async (tx) => {
    await writeReply(tx, askId, reply);
    await sendSignals(tx, [{ type: 'replied', ask_id: askId }]);
  });
}

function answered(value: unknown): Reply {
  return { answer: value };
}

function refusal(error: unknown): Reply {
  if (error instanceof GuiseError) return errorBodyOf(error);
  throw error;
}

function unavailable(hostId: HostId, lastSeenAt: string | null): GuiseError {
  const seen = lastSeenAt === null ? '' : `; it was last seen at ${lastSeenAt}`;
  return new GuiseError('host_unavailable', `Cannot ask "${hostId}": its agent is not connected${seen}`);
}
