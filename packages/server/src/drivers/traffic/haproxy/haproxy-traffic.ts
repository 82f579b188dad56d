/**
 * Takes a server of an haproxy backend out of traffic and back, over the runtime API.
 *
 * Draining: `drain` lets nothing new come but who is bound to the server by a cookie or a stick table; when nothing is under way, or half
 * of the time is over, `maint` sends these elsewhere too, and what is under way still ends as it would. Restoring goes back over `drain` with the health forgotten, so that a server
 * which was checked last before it went gets nothing before a check has passed; then `ready`.
 * Each look says what is still to do, so a process that is killed between two commands leaves a state that the next call goes on from.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HaproxySettings } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import type { OutboundRules } from '../../../outbound/checked-place.ts';
import type { Traffic, TrafficState } from '../traffic.ts';
import { type AskHaproxy, runtimeApi } from './runtime-api.ts';
import { type HaproxyServer, parseServersState, parseUnderWay } from './server-state.ts';

type Limits = Parameters<Traffic['drain']>[1];

export class HaproxyTraffic implements Traffic {
  readonly name: string;
  readonly #settings: HaproxySettings;
  readonly #ask: AskHaproxy;

  constructor(name: string, settings: HaproxySettings, rules: OutboundRules) {
    this.name = name;
    this.#settings = settings;
    this.#ask = runtimeApi(settings.endpoint, rules);
  }

  async serves(hostId: string): Promise<boolean> {
    return (await this.#find(hostId, unaborted())) !== null;
  }

  async state(hostId: string): Promise<TrafficState> {
    const signal = unaborted();
    return stateOf(await this.#look(hostId, signal), await this.#underWay(hostId, signal));
  }

  async drain(hostId: string, { deadlineMs, signal }: Limits): Promise<TrafficState> {
    const endsAt = performance.now() + deadlineMs;
    for (let orders = 0; ; ) {
      const server = await this.#look(hostId, signal);
      // Asked after the state: what came in before the drain is counted.
      const underWay = await this.#underWay(hostId, signal);
      const isBoundLongEnough = performance.now() >= endsAt - deadlineMs / 2;
      const isNext = server.admin === 'drain' && (underWay === 0 || isBoundLongEnough);
      const next = server.admin === 'ready' ? 'drain' : isNext ? 'maint' : null;
      if (server.admin === 'maint' && underWay === 0) return stateOf(server, underWay);
      // Both orders are given whatever the time; somebody who keeps taking them back is not fought for ever.
      if (performance.now() >= endsAt && (next === null || orders >= 2)) return stateOf(server, underWay);
      if (next === null) {
        await sleep(limits.trafficPollMs, undefined, { signal });
      } else {
        orders += 1;
        await this.#set(hostId, ['state', next], signal);
      }
    }
  }

  async restore(hostId: string, { deadlineMs, signal }: Limits): Promise<void> {
    const endsAt = performance.now() + deadlineMs;
    const server = await this.#look(hostId, signal);
    if (server.admin === 'ready' && server.isUp) return;
    if (server.admin !== 'ready' && server.isChecked) {
      await this.#set(hostId, ['state', 'drain'], signal);
      await this.#set(hostId, ['health', 'down'], signal);
      await this.#untilUp(hostId, endsAt, signal);
    }
    await this.#set(hostId, ['state', 'ready'], signal);
    await this.#untilUp(hostId, endsAt, signal);
  }

  async #untilUp(hostId: string, endsAt: number, signal: AbortSignal): Promise<void> {
    while (!(await this.#look(hostId, signal)).isUp) {
      if (performance.now() >= endsAt) {
        throw new GuiseError(
          'host_unavailable',
          `Cannot put ${hostId} into traffic: the health check of ${this.#place(hostId)} does not pass`,
        );
      }
      await sleep(limits.trafficPollMs, undefined, { signal });
    }
  }

  async #look(hostId: string, signal: AbortSignal): Promise<HaproxyServer> {
    const server = await this.#find(hostId, signal);
    if (server !== null) return server;
    throw new GuiseError('traffic_not_found', `Cannot find ${this.#place(hostId)} in ${this.name}`);
  }

  async #find(hostId: string, signal: AbortSignal): Promise<HaproxyServer | null> {
    const { backend } = this.#settings;
    return parseServersState(await this.#ask(['show', 'servers', 'state', backend], signal), this.#server(hostId));
  }

  async #underWay(hostId: string, signal: AbortSignal): Promise<number> {
    const { backend } = this.#settings;
    return parseUnderWay(await this.#ask(['show', 'stat', backend, '4', '-1'], signal), this.#server(hostId));
  }

  /** Done, it answers nothing. */
  async #set(hostId: string, words: readonly string[], signal: AbortSignal): Promise<void> {
    const said = await this.#ask(['set', 'server', this.#place(hostId), ...words], signal);
    if (said === '') return;
    throw new GuiseError(
      'traffic_failed',
      `Cannot set ${this.#place(hostId)} to ${words.join(' ')}: haproxy says ${JSON.stringify(said.slice(0, 200))}`,
    );
  }

  #place(hostId: string): string {
    return `${this.#settings.backend}/${this.#server(hostId)}`;
  }

  #server(hostId: string): string {
    return this.#settings.server.replace('{host_id}', hostId);
  }
}

function stateOf({ admin, isUp }: HaproxyServer, underWay: number): TrafficState {
  return { isServing: admin === 'ready' && isUp, underWay };
}

function unaborted(): AbortSignal {
  return new AbortController().signal;
}
