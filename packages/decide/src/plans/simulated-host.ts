/**
 * A host as a map, which refuses what a real one refuses and does by itself what a real one does. For property tests.
 *
 * Refused: a file without its folder or owner, a folder that is not empty, a group that somebody is in, a package or unit whose
 * service runs, a service without either, a database without its server, a route without its address, a mount without its module.
 * By itself: units come and go with their packages, a sysctl with its module, and `ip_forward` resets `accept_redirects`.
 */
import type { Address, Change, Json, Kind, Stage, State } from '@guise/model';
import { addressOf, kindOf, nameOf } from '@guise/model';
import { absentState } from '../kinds/index.ts';

export class SimulatedHost {
  readonly #states: Map<Address, State>;

  constructor(states: ReadonlyMap<Address, State>) {
    this.#states = new Map(states);
  }

  get states(): ReadonlyMap<Address, State> {
    return this.#states;
  }

  run(stages: readonly Stage[]): void {
    for (const stage of stages) for (const change of stage.changes) this.apply(change);
  }

  /** Throws an Error that says what is missing. */
  apply({ address, after }: Change): void {
    const refuse = (reason: string) => {
      throw new Error(`${address}: ${reason}`);
    };
    const refusal = this.#refusal(address, after);
    if (refusal !== null) refuse(refusal);
    // A key or unit goes with what brought it, not by itself.
    if (kindOf(address) === 'sysctl' && after['value'] === null) return;
    const before = this.#state(address);
    const enabled = after['enabled'] === 'absent' && before['enabled'] !== 'absent' ? 'disabled' : after['enabled'];
    this.#states.set(address, kindOf(address) === 'service' ? { ...after, enabled: enabled ?? null } : after);
    this.#follow(address, before, after);
  }

  #state(address: Address): State {
    return this.#states.get(address) ?? absentState(kindOf(address));
  }

  #of(kind: Kind, name: Json | undefined): State {
    return this.#state(addressOf(kind, typeof name === 'string' ? name : ''));
  }

  #refusal(address: Address, after: State): string | null {
    switch (kindOf(address)) {
      case 'file':
        return this.#fileRefusal(nameOf(address), after);
      case 'group':
        return after['present'] || !this.#some('user', (user) => user['group'] === nameOf(address))
          ? null
          : 'a user is in it';
      case 'user':
        return after['present'] && !this.#of('group', after['group'])['present'] ? 'its group is missing' : null;
      case 'authorized_key': {
        const user = nameOf(address).split('/')[0]!;
        return after['present'] && !this.#of('user', user)['present'] ? 'its user is missing' : null;
      }
      case 'package':
        return after['version'] === null && this.#of('service', `${nameOf(address)}.service`)['state'] === 'running'
          ? 'its service runs'
          : null;
      case 'unit':
        return after['digest'] === null && this.#of('service', nameOf(address))['state'] === 'running'
          ? 'its service runs'
          : null;
      case 'service':
        return (after['state'] === 'running' || after['enabled'] === 'enabled') && !this.#hasUnit(nameOf(address))
          ? 'it has no unit'
          : null;
      case 'database':
        return this.#databaseRefusal(nameOf(address), after);
      case 'route':
        return after['present'] && !this.#some('address', (other) => other['present'] === true)
          ? 'no address to route from'
          : null;
      case 'address':
        return !after['present'] && this.#some('route', (other) => other['present'] === true)
          ? 'a route needs it'
          : null;
      case 'mount':
        return this.#mountRefusal(nameOf(address), after);
      case 'module':
        return address === 'module:fuse' &&
          !after['loaded'] &&
          this.#some('mount', (mount) => mount['mounted'] === true)
          ? 'a mount needs it'
          : null;
      case 'sysctl':
        return after['value'] !== null && this.#state(address)['value'] === null ? 'the kernel has no such key' : null;
      default:
        return null;
    }
  }

  #fileRefusal(path: string, after: State): string | null {
    const parent = this.#states.get(addressOf('file', path.slice(0, path.lastIndexOf('/'))));
    if (after['type'] !== 'absent' && parent !== undefined && parent['type'] !== 'directory')
      return 'its folder is missing';
    if (after['type'] !== 'absent' && after['owner'] !== 'root' && !this.#of('user', after['owner'])['present'])
      return 'its owner is missing';
    if (after['type'] === 'directory') return null;
    if (this.#of('mount', path)['mounted']) return 'something is mounted on it';
    const hasChild = [...this.#states].some(
      ([other, state]) => other.startsWith(`file:${path}/`) && state['type'] !== 'absent',
    );
    return hasChild ? 'it is not empty' : null;
  }

  #databaseRefusal(name: string, after: State): string | null {
    if (this.#of('service', 'postgresql.service')['state'] !== 'running') return 'its server does not run';
    if (
      after['present'] &&
      typeof after['owner'] === 'string' &&
      !this.#of('database', `postgresql/role/${after['owner']}`)['present']
    )
      return 'its owner is missing';
    const owned =
      name.startsWith('postgresql/role/') &&
      !after['present'] &&
      this.#some('database', (other) => other['present'] === true && other['owner'] === name.split('/')[2]);
    return owned ? 'it owns a database' : null;
  }

  #mountRefusal(path: string, after: State): string | null {
    const within = [...this.#states].some(
      ([other, state]) => other.startsWith(`file:${path}/`) && state['type'] !== 'absent',
    );
    if (within) return 'files are in the way';
    if (!after['mounted']) return null;
    if (this.#of('file', path)['type'] !== 'directory') return 'its mount point is missing';
    return this.#of('module', 'fuse')['loaded'] ? null : 'its module is missing';
  }

  #hasUnit(service: string): boolean {
    return (
      this.#of('package', service.replace('.service', ''))['version'] !== null ||
      this.#of('unit', service)['digest'] !== null
    );
  }

  #some(kind: Kind, matches: (state: State) => boolean): boolean {
    return [...this.#states].some(([address, state]) => kindOf(address) === kind && matches(state));
  }

  #follow(address: Address, before: State, after: State): void {
    const kind = kindOf(address);
    if (kind === 'package' || kind === 'unit') {
      const service = addressOf('service', kind === 'unit' ? nameOf(address) : `${nameOf(address)}.service`);
      const state = this.#states.get(service);
      const came = this.#hasUnit(nameOf(service)) && state?.['enabled'] === 'absent';
      if (state !== undefined && came)
        this.#states.set(service, { ...state, enabled: kind === 'unit' ? 'disabled' : 'enabled' });
      if (state !== undefined && !this.#hasUnit(nameOf(service)))
        this.#states.set(service, { ...state, enabled: 'absent' });
    }
    const bridge: Address = 'sysctl:net.bridge.bridge-nf-call-iptables';
    if (address === 'module:br_netfilter' && before['loaded'] !== after['loaded'] && this.#states.has(bridge)) {
      this.#states.set(bridge, { value: after['loaded'] ? '1' : null });
    }
    const redirects: Address = 'sysctl:net.ipv4.conf.all.accept_redirects';
    if (address === 'sysctl:net.ipv4.ip_forward' && before['value'] !== after['value'] && this.#states.has(redirects)) {
      this.#states.set(redirects, { value: after['value'] === '1' ? '0' : '1' });
    }
  }
}
