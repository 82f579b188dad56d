/** A pool on a real database whose hosts answer as a test says: what they are sent is settled and what they say is taken as always. */
import { join } from 'node:path';
import type { SwitchOutcome } from '@guise/api';
import { type HostId, limits, parseHostId, parsePersonaId } from '@guise/model';
import type { ActivationTerms } from '../../app/activation-terms.ts';
import { requestActivation } from '../../app/activations.ts';
import type { Caller } from '../../app/caller.ts';
import { addPoolHost, createPool } from '../../app/pools.ts';
import { publishPersona } from '../../app/publish-persona.ts';
import { readPublication } from '../../app/read-publication.ts';
import { establishTrust, type Trust } from '../../app/served-trust.ts';
import { type Settled, settleDesired } from '../../app/settle-desired.ts';
import { anonymous } from '../../permissions/principal.ts';
import { type ReportIntake, startReportIntake } from '../../reconcilers/report-intake.ts';
import { type Activation, findActivation } from '../../store/activations.ts';
import type { Database } from '../../store/database.ts';
import { findHost, type Host } from '../../store/hosts.ts';
import { type Listener, openListener } from '../../store/listener.ts';
import { TestDatabase } from '../../store/test-database.ts';
import { openVault } from '../../store/vault.ts';
import { type FlowRunner, runFlows } from '../run-flows.ts';
import { activationFlow } from './activation-flow.ts';

type Answer = Omit<SwitchOutcome, 'generation' | 'transaction_id'> | null;

const replicaId = '00000000-0000-4000-8000-000000000000';
/** Of the clock that says who is here. */
const always = new Date('2100-01-01');

export class TestPool {
  readonly failures: unknown[] = [];
  readonly caller: Caller = { principal: anonymous, action: 'pool:activate', actor: 'tester' };
  /** What a host comes to with these instances; null is that it says nothing. */
  answer: (host: HostId, instances: readonly string[]) => Answer = () => ({ result: 'committed', error: null });
  readonly #test = new TestDatabase();
  #trust: Trust | undefined;
  #listener: Listener | undefined;
  #intake: ReportIntake | undefined;
  #runners: FlowRunner[] = [];
  #answering: Promise<void> = Promise.resolve();
  #made = 0;

  get database(): Database {
    return this.#test.database;
  }

  get listener(): Listener {
    return this.#parts.listener;
  }

  get #parts() {
    const [trust, listener, intake] = [this.#trust, this.#listener, this.#intake];
    if (trust === undefined || listener === undefined || intake === undefined)
      throw new Error('The test pool was not started');
    return { trust, listener, intake };
  }

  async start(): Promise<void> {
    await this.#test.start();
    const { database, url, directory } = this.#test;
    const vault = openVault(join(directory, 'master.key'));
    this.#trust = await establishTrust({ database, vault, given: null, nowMs: Date.now });
    this.#listener = await openListener(url, () => undefined);
    this.#intake = startReportIntake(database, replicaId, (error) => this.failures.push(error));
    this.#listener.subscribe((signal) => {
      if (signal.type === 'desired' && 'hosts' in signal.scope) for (const host of signal.scope.hosts) this.speak(host);
    });
  }

  async stop(): Promise<void> {
    await this.stopRunners();
    await this.#listener?.close();
    await this.#answering;
    await this.#intake?.stop();
    await this.#test.stop();
  }

  /** Its id, with hosts `ID-a`, `ID-b`, … that are here. */
  async make(hosts: readonly Readonly<Record<string, number>>[]): Promise<string> {
    const poolId = `p${this.#made++}`;
    await createPool(this.database, this.caller, poolId);
    for (const [index, facts] of hosts.entries()) {
      const hostId = parseHostId(`${poolId}-${String.fromCharCode(97 + index)}`);
      const row = { host_id: hostId, tags: '{}', facts: JSON.stringify(facts), agent_version: null };
      await this.database
        .insertInto('hosts')
        .values({ ...row, last_seen_at: always, replica_id: replicaId })
        .execute();
      await addPoolHost(this.database, this.caller, poolId, hostId);
    }
    return poolId;
  }

  async publish(document: string): Promise<void> {
    const { trust } = this.#parts;
    const parts = { database: this.database, trust, requireParent: async () => undefined };
    await publishPersona(this.database, { trust, caller: this.caller }, await readPublication(parts, { document }));
  }

  /** Gone, last heard of so long ago. */
  async lose(hostId: string, silentMs: number): Promise<void> {
    await this.database
      .updateTable('hosts')
      .set({ replica_id: null, last_seen_at: new Date(Date.now() - silentMs) })
      .where('host_id', '=', hostId)
      .execute();
  }

  async find(hostId: string): Promise<void> {
    const back = { replica_id: replicaId, last_seen_at: always };
    await this.database.updateTable('hosts').set(back).where('host_id', '=', hostId).execute();
    this.speak(hostId);
  }

  run(
    more: Partial<Parameters<typeof runFlows>[0]> = {},
    hostGoneMs: number = limits.activationHostGoneMs,
  ): FlowRunner {
    const { trust, listener } = this.#parts;
    const onFailure = (error: unknown) => this.failures.push(error);
    const kinds = [activationFlow({ database: this.database, trust, hostGoneMs })];
    const runner = runFlows({ database: this.database, listener, kinds, onFailure, claimMs: 300, ...more });
    this.#runners.push(runner);
    return runner;
  }

  async stopRunners(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()));
    this.#runners = [];
  }

  request(
    poolId: string,
    terms: Omit<ActivationTerms, 'persona_id'> & { readonly persona: string },
  ): Promise<Activation> {
    const { persona, ...rest } = terms;
    return requestActivation(this.database, this.caller, poolId, { ...rest, persona_id: parsePersonaId(persona) });
  }

  async activation(activationId: string): Promise<Activation> {
    const found = await findActivation(this.database, activationId);
    if (found === null) throw new Error(`There is no activation ${activationId}`);
    return found;
  }

  async host(name: string): Promise<Host> {
    const found = await findHost(this.database, parseHostId(name));
    if (found === null) throw new Error(`There is no host ${name}`);
    return found;
  }

  /** What is desired of it. */
  async instances(name: string): Promise<readonly string[]> {
    return (await this.#settled(name)).layers.map(({ instance }) => instance);
  }

  /** Says what it has come to, as far as the test lets it. */
  speak(name: string): void {
    this.#answering = this.#answering
      .then(async () => {
        const { row, layers } = await this.#settled(name);
        const { connected } = await this.host(name);
        const answer = this.answer(
          row.hostId,
          layers.map(({ instance }) => instance),
        );
        if (answer === null || !connected || row.generation === 0) return;
        const { generation } = row;
        void this.#parts.intake.take(row.hostId, { type: 'outcome', generation, transaction_id: null, ...answer });
      })
      .catch((error: unknown) => void this.failures.push(error));
  }

  async #settled(name: string): Promise<Settled> {
    const settled = (await settleDesired(this.database, this.#parts.trust, [name])).get(parseHostId(name));
    if (settled === undefined) throw new Error(`There is no host ${name}`);
    return settled;
  }
}
