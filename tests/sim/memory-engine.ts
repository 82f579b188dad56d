/**
 * An engine without a machine: it keeps the layers it was given and says what a real one would say of them.
 *
 * The network and the control plane around it are real. Tests may hold it in the middle of a switch, or make one fail.
 */
import type { Engine, Outcome } from '@guise/agent';
import type { Layer, LayerRef, Plan, TransactionReport } from '@guise/model';
import { digestOfJson, type GuiseError } from '@guise/model';

export class MemoryEngine implements Engine {
  /** Every set of layers that was applied, as instance names with versions, in order. */
  readonly applied: string[][] = [];
  /** Awaited in the middle of each switch. */
  hold: Promise<void> = Promise.resolve();
  /** Thrown by the next `apply`, once. */
  failNext: GuiseError | null = null;
  /** Asked to confirm every switch, as if each could cut the host off. */
  cutsOff = false;
  confirmed: boolean | null = null;
  readonly #pasts: (readonly Layer[])[] = [];
  readonly #history: TransactionReport[] = [];
  #layers: readonly Layer[] = [];

  recover: Engine['recover'] = async () => null;
  facts: Engine['facts'] = () => ({});
  active: Engine['active'] = () => this.#layers;
  previous: Engine['previous'] = () => this.#pasts.at(-1) ?? null;
  managed: Engine['managed'] = () => [];
  isChanging: Engine['isChanging'] = () => false;
  foreignWrites: Engine['foreignWrites'] = () => 0;
  plan: Engine['plan'] = async (layers) => this.#planTo(layers);
  state: Engine['state'] = async () => ({
    active: this.#layers.map((layer) => ({
      ...refOf(layer),
      assigned_by: layer.assigned_by,
      parameters: layer.parameters,
    })),
    addresses: [],
    conflicts: [],
    last_transaction: this.#history[0] ?? null,
  });
  why: Engine['why'] = async (address) => ({ address, managed: false, live: {}, fields: [], layers: [] });
  drift: Engine['drift'] = async () => [];
  snapshot: Engine['snapshot'] = async (directories) => {
    const layers = this.#layers;
    const parts = { packages: {}, units: {}, users: {}, mounts: {}, files: {} };
    return { layers, transaction: null, managed: [], directories, parts, fingerprint: this.#fingerprint() };
  };
  compare: Engine['compare'] = async ({ fingerprint: { digest } }) => {
    const fingerprint = this.#fingerprint();
    const differing = fingerprint.digest === digest ? [] : ['managed layers'];
    return { fingerprint, differing, differingCount: differing.length };
  };
  runTests: Engine['runTests'] = async (instances) =>
    instances.map((instance) => ({
      instance,
      name: 'it is there',
      ok: this.#layers.some((layer) => layer.instance === instance),
      exit_code: 0,
      duration_ms: 1,
      output: '',
    }));
  history: Engine['history'] = () => this.#history;
  content: Engine['content'] = () => null;
  close: Engine['close'] = () => undefined;

  apply: Engine['apply'] = async (layers, options = {}) => {
    const plan = this.#planTo(layers);
    const failure = this.failNext;
    this.failNext = null;
    if (failure !== null) throw failure;
    await this.hold;
    if (names(layers).join() === names(this.#layers).join()) return { type: 'unchanged', plan };
    if (this.cutsOff && options.confirm !== undefined) this.confirmed = await options.confirm('transaction', 10_000);
    this.#pasts.push(this.#layers);
    return this.#commit(layers, plan);
  };

  rollback: Engine['rollback'] = async (to) => {
    const target = to === 'baseline' ? [] : (this.#pasts.pop() ?? []);
    return this.#commit(target, this.#planTo(target));
  };

  #commit(layers: readonly Layer[], plan: Plan): Outcome {
    this.#layers = layers;
    this.applied.push(names(layers));
    const transaction: TransactionReport = {
      id: `t${String(this.#history.length + 1).padStart(8, '0')}`,
      status: 'committed',
      plan_hash: plan.hash,
      layers_before: plan.layersBefore,
      layers_after: plan.layersAfter,
      changes: [],
      started_at: '2026-01-01T00:00:00Z',
      finished_at: '2026-01-01T00:00:01Z',
      timings_ms: { act: 1 },
      error: null,
    };
    this.#history.unshift(transaction);
    return { type: 'committed', plan, transaction };
  }

  #fingerprint() {
    const digest = digestOfJson(names(this.#layers));
    return { digest, parts: { managed: digest } };
  }

  #planTo(layers: readonly Layer[]): Plan {
    const layersBefore = this.#layers.map(refOf);
    const layersAfter = layers.map(refOf);
    const hash = digestOfJson([names(this.#layers), names(layers)]);
    return { hash, layersBefore, layersAfter, stages: [], conflicts: [], warnings: [] };
  }
}

function names(layers: readonly Layer[]): string[] {
  return layers.map(({ instance, version }) => `${instance}@${version}`);
}

function refOf({ instance, persona_id, version, priority }: Layer): LayerRef {
  return { instance, persona_id, version, priority };
}
