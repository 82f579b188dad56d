/**
 * What stands before every route of a port: how many connections there may be, how fast each caller may ask, and how often somebody
 * may be wrong about who he is.
 *
 * Invariants: a caller is refused before anything is read or looked up for him; who was let in lately is let in again however many
 * wrong guesses come from his address, so nobody can lock his neighbours out; everything remembered is bounded.
 * Throws: `rate_exceeded`, with `retry-after`.
 */
import { createHash } from 'node:crypto';
import type { Server } from 'node:net';
import { GuiseError, limits } from '@guise/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateBuckets } from '../app/rate-buckets.ts';

/** Each has a default in `limits`. */
export interface DoorLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly requestsPerSecond: number;
  readonly requestsAtOnce: number;
  readonly failuresPerSecond: number;
  readonly failuresAtOnce: number;
  readonly requestHeadMs: number;
  readonly requestTimeoutMs: number;
  readonly connectionsCheckedMs: number;
}

export const peoplesDoor: DoorLimits = limits;
export const agentsDoor: DoorLimits = {
  ...limits,
  connections: limits.agentConnections,
  connectionsPerAddress: limits.agentConnectionsPerAddress,
};

/** Who is let in, by a secret that only he has; null when he says nothing. */
type Login<Identity> = (secret: string | null) => Promise<Identity>;

export class Doors {
  readonly #limits: DoorLimits;
  readonly #requests: RateBuckets;
  readonly #failures: RateBuckets;
  /** Digests of secrets that were good lately. */
  readonly #welcome = new Set<string>();

  constructor(doorLimits: DoorLimits) {
    this.#limits = doorLimits;
    const { requestsPerSecond, requestsAtOnce, failuresPerSecond, failuresAtOnce } = doorLimits;
    this.#requests = new RateBuckets(
      { perSecond: requestsPerSecond, atOnce: requestsAtOnce },
      limits.callersRemembered,
    );
    this.#failures = new RateBuckets(
      { perSecond: failuresPerSecond, atOnce: failuresAtOnce },
      limits.callersRemembered,
    );
  }

  /** Bounds the connections of a server that does not listen yet. */
  guard(server: Server): void {
    const perAddress = new Map<string, number>();
    server.maxConnections = this.#limits.connections;
    server.on('connection', (socket) => {
      const address = socket.remoteAddress ?? '';
      const open = (perAddress.get(address) ?? 0) + 1;
      perAddress.set(address, open);
      socket.once('close', () => {
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left > 0) perAddress.set(address, left);
        else perAddress.delete(address);
      });
      if (open > this.#limits.connectionsPerAddress) socket.destroy();
    });
  }

  /** Counts a request of a caller: a principal, or the address of one who has no need to say who he is. */
  admit(caller: string, reply: FastifyReply): void {
    const nowMs = Date.now();
    refuse(this.#requests.waitMs(caller, nowMs), reply, `Cannot take more requests of "${caller}" now`);
    this.#requests.take(caller, 1, nowMs);
  }

  /** Runs a login, and counts it when it fails because of what the caller said. */
  async login<Identity>(
    request: FastifyRequest,
    reply: FastifyReply,
    secret: string | null,
    login: Login<Identity>,
  ): Promise<Identity> {
    const key = secret === null ? null : createHash('sha256').update(secret).digest('base64');
    const isWelcome = key !== null && this.#welcome.has(key);
    if (!isWelcome) {
      refuse(this.#failures.waitMs(request.ip, Date.now()), reply, `Too many logins from ${request.ip} have failed`);
    }
    try {
      const identity = await login(secret);
      if (key !== null) this.#remember(key);
      return identity;
    } catch (error) {
      // Saying nothing is no guess.
      if (
        key !== null &&
        error instanceof GuiseError &&
        (error.kind === 'unauthenticated' || error.kind === 'conflict')
      ) {
        this.#welcome.delete(key);
        this.#failures.take(request.ip, 1, Date.now());
      }
      throw error;
    }
  }

  #remember(key: string): void {
    this.#welcome.delete(key);
    this.#welcome.add(key);
    const [oldest] = this.#welcome;
    if (oldest !== undefined && this.#welcome.size > limits.callersRemembered) this.#welcome.delete(oldest);
  }
}

function refuse(waitMs: number, reply: FastifyReply, message: string): void {
  if (waitMs === 0) return;
  const waitS = Math.ceil(waitMs / 1000);
  void reply.header('retry-after', String(waitS));
  throw new GuiseError('rate_exceeded', `${message}: try again in ${waitS} s`);
}
