/**
 * Divides machines that several hosts of the fleet share, as far as their providers tell what is used and can resize: by the priority of
 * what is active on them, live, without a restart. Says what a host lacks that cannot have what its goals need.
 *
 * Every process looks, and each machine is one process's (store/turns.ts). A machine that answers slowly keeps no other waiting.
 * What fails is told once until it succeeds or fails otherwise, since it is tried again twice a second.
 */
import { type LayerRef, limits, type PersonaId } from '@guise/model';
import { type MachineClaim, machineClaim, noNeeds, type PersonaNeeds, personaNeeds } from '../app/machine-claim.ts';
import type { HostProviders } from '../drivers/host-provider/host-provider.ts';
import type { Database } from '../store/database.ts';
import { findVersion } from '../store/personas.ts';
import { readSharedMachines, type SharedMachine, type SharingHost } from '../store/shared-machines.ts';
import { Turns } from '../store/turns.ts';
import { periodically } from './periodically.ts';
import { MachineRounds, rebalancer } from './rebalance-machine.ts';
import { ContentionTeller } from './tell-contention.ts';

interface Parts {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly providers: HostProviders;
  readonly onFailure: (error: unknown) => void;
  /** Default: `limits.rebalancePeriodMs`. */
  readonly periodMs?: number;
  /** Of a clock that never jumps. */
  readonly steadyMs?: () => number;
}

export interface Rebalancer {
  /** After the rounds that run; machines stay as they are, and are another process's. */
  stop(): Promise<void>;
}

export function startRebalancer(parts: Parts): Rebalancer {
  const run = new Run(parts);
  const period = periodically(parts.periodMs ?? limits.rebalancePeriodMs, () => run.look(), parts.onFailure);
  return {
    stop: async () => {
      await period.stop();
      await run.close();
    },
  };
}

interface Watched {
  readonly rounds: MachineRounds;
  readonly teller: ContentionTeller;
  /** Null: none. */
  running: Promise<void> | null;
}

class Run {
  readonly #parts: Parts;
  readonly #steadyMs: () => number;
  readonly #turns: Turns;
  readonly #watched = new Map<string, Watched>();
  readonly #failures = new Map<string, string>();
  /** By persona and version, which never change. */
  readonly #needs = new Map<string, PersonaNeeds>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#steadyMs = parts.steadyMs ?? (() => performance.now());
    this.#turns = new Turns(parts.databaseUrl);
  }

  async look(): Promise<void> {
    const { database, providers } = this.#parts;
    if (providers.size === 0) return;
    const machines = await readSharedMachines(database, [...providers.keys()]);
    const byName = new Map(machines.map((machine) => [`${machine.provider} ${machine.machine}`, machine]));
    const mine = await this.#turns.take(new Set(byName.keys()));
    // Whoever has it meanwhile knows what is used, and we do not any more.
    for (const [name, { running }] of this.#watched)
      if (!mine.has(name) && running === null) this.#watched.delete(name);
    for (const name of mine) {
      const watched = this.#watched.get(name) ?? this.#watch(byName.get(name)!.provider);
      this.#watched.set(name, watched);
      watched.running ??= this.#round(name, byName.get(name)!, watched).finally(() => {
        watched.running = null;
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#watched.values().map(({ running }) => running ?? Promise.resolve()));
    await this.#turns.close();
  }

  #watch(provider: string): Watched {
    const { database, providers } = this.#parts;
    const rounds = new MachineRounds({
      database,
      provider: providers.get(provider)!,
      claimOf: (host) => this.#claimOf(host),
      steadyMs: this.#steadyMs,
      onResized: (error, of) => this.#ended(of, error),
    });
    return { rounds, teller: new ContentionTeller(database, rebalancer), running: null };
  }

  async #round(name: string, machine: SharedMachine, { rounds, teller }: Watched): Promise<void> {
    try {
      await teller.tell(await rounds.round(machine), this.#steadyMs());
      this.#ended(name, null);
    } catch (error) {
      this.#ended(name, error);
    }
  }

  #ended(of: string, error: unknown): void {
    if (error === null) {
      this.#failures.delete(of);
      return;
    }
    const text = error instanceof Error ? error.message : JSON.stringify(error);
    if (this.#failures.get(of) === text) return;
    this.#failures.set(of, text);
    this.#parts.onFailure(error);
  }

  async #claimOf({ layers }: SharingHost): Promise<MachineClaim> {
    const active = await Promise.all(
      layers.map(async (layer) => ({ ...(await this.#needsOf(layer)), priority: layer.priority })),
    );
    return machineClaim(active);
  }

  async #needsOf({ persona_id, version }: LayerRef): Promise<PersonaNeeds> {
    if (version === null) return noNeeds;
    const key = `${persona_id} ${version}`;
    const known = this.#needs.get(key);
    if (known !== undefined) return known;
    const found = await findVersion(this.#parts.database, persona_id as PersonaId, version);
    if (found === null) return noNeeds;
    const needs = personaNeeds([...found.persona.ancestors, found.persona.own]);
    if (this.#needs.size >= limits.personaNeedsKept) this.#needs.clear();
    this.#needs.set(key, needs);
    return needs;
  }
}
