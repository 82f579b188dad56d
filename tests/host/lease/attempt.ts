/** One deed of a lease in a process of its own, which the fault plan in the environment may kill. Runs inside a host. */
import { engineHere, machineHere } from '@guise/agent';
import { adaptationFiles, Conductor } from '@guise/agent/adaptation';
import {
  desiredFile,
  finishRevert,
  HostTrust,
  leaseHere,
  SnapshotStore,
  systemClock,
  TrustStore,
} from '@guise/agent/link';
import { parseHostId } from '@guise/model';
import { layersOf } from '../crash/layers-of.ts';
import { type Deed, label } from './deed.ts';

const [stateDirectory, deed] = process.argv.slice(2) as [string, Deed];
const report = (line: string) => process.stderr.write(`${line}\n`);
const machine = machineHere('/');
const engine = engineHere({ root: '/', stateDirectory, machine });
await engine.recover();
const conductor = new Conductor({
  engine,
  store: desiredFile(`${stateDirectory}/desired.json`),
  memory: adaptationFiles(stateDirectory),
  clock: systemClock,
  facts: () => engine.facts(),
  kept: null,
  elsewhere: null,
  metrics: { sample: () => new Map(), external: async () => ({ ok: false, reason: 'nobody asks' }) },
  logins: () => new Map(),
  report,
});
const { nowMs } = systemClock;
const store = new TrustStore(`${stateDirectory}/trust.json`);
const trust = new HostTrust({ store, hostId: parseHostId('h1'), nowMs });
const snapshots = new SnapshotStore(stateDirectory);
const parts = { engine, conductor, host: machine.host, stateDirectory, snapshots, nowMs };
const become = async (persona: string) => engine.apply(await layersOf([`${import.meta.dirname}/${persona}.yaml`]));
const lease = leaseHere({ ...parts, trust });
switch (deed) {
  case 'snapshot':
    await become('shop');
    await lease.answer({ ask: 'snapshot', fence: 1, label });
    break;
  case 'borrow':
    await become('loan');
    break;
  case 'revert':
    await lease.answer({ ask: 'revert', fence: 1, label });
    break;
  case 'next start':
    await finishRevert(parts, report);
    break;
}
await conductor.close();
engine.close();
