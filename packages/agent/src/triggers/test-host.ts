/** For tests: a conductor over the real engine of an offline tree, with a clock, metrics and logins of the test's own. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layer } from '@guise/model';
import { digestOfJson, GuiseError, layerOf } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import type { Engine } from '../engine/engine.ts';
import { engineHere } from '../engine-here.ts';
import type { ExternalReading } from '../host/metrics/external-metric.ts';
import { OfflineTree } from '../host/offline-tree.ts';
import { type Desired, desiredFile } from '../link/desired-store.ts';
import { ManualClock } from '../link/manual-clock.ts';
import { adaptationFiles } from './adaptation-memory.ts';
import { Conductor } from './conductor.ts';

interface Life {
  readonly writesLeft: number;
  readonly when: 'before' | 'after';
}

const patienceMs = 5_000;

export class TestHost {
  readonly clock = new ManualClock('2026-11-25T09:00:00Z');
  readonly metrics = new Map<string, number>();
  readonly reports: string[] = [];
  readonly tree = new OfflineTree();
  readonly root = this.tree.path;
  users: ReadonlyMap<string, readonly string[]> | null = new Map();
  external: ExternalReading = { ok: false, reason: 'nobody answers' };
  engine: Engine;
  conductor: Conductor;
  #life: Life = { writesLeft: Number.POSITIVE_INFINITY, when: 'after' };
  /** Of the process: an earlier one is dead for good. */
  #generation = 0;

  constructor() {
    this.engine = this.#openEngine();
    this.conductor = this.#openConductor();
  }

  /** The process dies at its nth write from now on: no write and no switch after it happens. */
  dieAt(nth: number, when: 'before' | 'after'): void {
    this.#life = { writesLeft: nth, when };
  }

  /** As after a kill: nothing is closed properly. */
  async restart(): Promise<void> {
    this.revive();
    await this.conductor.start();
  }

  /** The next process, before it does anything. */
  revive(): void {
    this.#life = { writesLeft: Number.POSITIVE_INFINITY, when: 'after' };
    this.#generation += 1;
    this.engine = this.#openEngine();
    this.conductor = this.#openConductor();
  }

  /** Persona ids that left their file on the host. */
  marks(): readonly string[] {
    return this.tree.list('marks');
  }

  async eventually(what: string, holds: () => boolean): Promise<void> {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 5) {
      if (holds()) return;
      await sleep(5);
    }
    throw new Error(`Waited in vain for this: ${what}; ${this.marks().join()}; ${this.reports.join('\n')}`);
  }

  /** Lets what is under way come to its end. */
  async settled(): Promise<void> {
    await sleep(30);
    await this.eventually('no switch runs', () => !this.conductor.isSwitching);
  }

  async marksAre(...ids: readonly string[]): Promise<void> {
    await this.eventually(`marks of ${ids.join()}`, () => this.marks().join() === ids.join());
  }

  async remove(): Promise<void> {
    await this.conductor.close();
    this.engine.close();
    this.tree.remove();
  }

  #write(generation: number, work: () => void): void {
    this.#mustLive(generation);
    this.#life = { ...this.#life, writesLeft: this.#life.writesLeft - 1 };
    if (this.#life.writesLeft > 0 || this.#life.when === 'after') work();
    this.#mustLive(generation);
  }

  #mustLive(generation: number): void {
    if (generation !== this.#generation || this.#life.writesLeft <= 0)
      throw new GuiseError('journal_failed', 'The process is dead');
  }

  #openEngine(): Engine {
    return engineHere({ root: this.root, stateDirectory: join(this.root, 'state') });
  }

  #openConductor(): Conductor {
    const stateDirectory = join(this.root, 'state');
    const generation = this.#generation;
    const { engine } = this;
    const write = (work: () => void) => this.#write(generation, work);
    const store = desiredFile(join(stateDirectory, 'desired.json'));
    const memory = adaptationFiles(stateDirectory);
    return new Conductor({
      engine: Object.assign(Object.create(engine) as Engine, {
        apply: async (...args: Parameters<Engine['apply']>) => {
          this.#mustLive(generation);
          return engine.apply(...args);
        },
        active: () => engine.active(),
        previous: () => engine.previous(),
        foreignWrites: () => engine.foreignWrites(),
      }),
      store: { read: () => store.read(), write: (desired) => write(() => store.write(desired)) },
      memory: {
        ...memory,
        keepDeclarations: (value) => write(() => memory.keepDeclarations(value)),
        keepTriggers: (value) => write(() => memory.keepTriggers(value)),
      },
      clock: this.clock,
      kept: null,
      elsewhere: null,
      facts: () => ({ hostname: 'h1' }),
      metrics: {
        sample: (names) => new Map([...names].flatMap((name) => pairOf(name, this.metrics.get(name)))),
        external: async () => this.external,
      },
      logins: () => this.users,
      report: (line) => this.reports.push(line),
    });
  }
}

/** A persona that leaves a file with its name on the host. */
export function markingLayer(
  id: string,
  more = '',
  { owner = 'root', assignedBy = 'local' }: { readonly owner?: string; readonly assignedBy?: string } = {},
): Layer {
  const file = `{content: "${id}", owner: ${owner}}`;
  const text = `guise: persona/v1\npersona_id: ${id}\nfiles: {/marks/${id}: ${file}}\n${more}`;
  return layerOf({ own: parseDocument(text, `${id}.yaml`), ancestors: [] }, { assignedBy });
}

export function desiredOf(generation: number, ...layers: readonly Layer[]): Desired {
  const digest = digestOfJson(layers.map(({ instance }) => instance));
  return { generation, digest, layers, secrets: [] };
}

function pairOf(name: string, value: number | undefined): readonly (readonly [string, number])[] {
  return value === undefined ? [] : [[name, value]];
}
