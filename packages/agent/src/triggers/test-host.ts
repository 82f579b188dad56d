/** For tests: a conductor over the real engine of an offline tree, with a clock, metrics and logins of the test's own. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DesiredMessage } from '@guise/api';
import type { Layer } from '@guise/model';
import { digestOfJson, layerOf, parseDocument } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import { engineHere } from '../engine-here.ts';
import type { ExternalReading } from '../host/metrics/external-metric.ts';
import { desiredFile } from '../link/desired-store.ts';
import { ManualClock } from '../link/manual-clock.ts';
import { adaptationFiles } from './adaptation-memory.ts';
import { Conductor } from './conductor.ts';

const patienceMs = 5_000;

export class TestHost {
  readonly clock = new ManualClock('2026-11-25T09:00:00Z');
  readonly metrics = new Map<string, number>();
  readonly reports: string[] = [];
  readonly root = mkdtempSync(join(tmpdir(), 'guise-conductor-'));
  users: ReadonlyMap<string, readonly string[]> | null = new Map();
  external: ExternalReading = { ok: false, reason: 'nobody answers' };
  engine: Engine;
  conductor: Conductor;

  constructor() {
    mkdirSync(join(this.root, 'etc'));
    mkdirSync(join(this.root, 'marks'));
    writeFileSync(join(this.root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    writeFileSync(join(this.root, 'etc/group'), 'root:x:0:\n');
    this.engine = this.#openEngine();
    this.conductor = this.#openConductor();
  }

  /** As after a kill: nothing is closed properly. */
  async restart(): Promise<void> {
    this.engine = this.#openEngine();
    this.conductor = this.#openConductor();
    await this.conductor.start();
  }

  /** Persona ids that left their file on the host. */
  marks(): readonly string[] {
    return readdirSync(join(this.root, 'marks')).sort();
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
    rmSync(this.root, { recursive: true });
  }

  #openEngine(): Engine {
    return engineHere({ root: this.root, stateDirectory: join(this.root, 'state') });
  }

  #openConductor(): Conductor {
    const stateDirectory = join(this.root, 'state');
    return new Conductor({
      engine: this.engine,
      store: desiredFile(join(stateDirectory, 'desired.json')),
      memory: adaptationFiles(stateDirectory),
      clock: this.clock,
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

export function desiredOf(generation: number, ...layers: readonly Layer[]): DesiredMessage {
  const digest = digestOfJson(layers.map(({ instance }) => instance));
  return { type: 'desired', generation, digest, layers: [...layers] };
}

function pairOf(name: string, value: number | undefined): readonly (readonly [string, number])[] {
  return value === undefined ? [] : [[name, value]];
}
