/**
 * Virtual machines of a hypervisor, through virsh(1): switched on and off, and given more or less while they run.
 *
 * It does not claim snapshots. A hypervisor's go back as a whole: the agent would come back with keys that the control plane has seen
 * renewed, which is what a copy of a host looks like, and nobody outside the machine could tell whether its files are what they were.
 * Snapshots of such hosts are taken inside, by their agents.
 * Fences are in the domain's own metadata, so that the hypervisor remembers them for every replica of the control plane. virsh(1) has
 * no compare-and-set: of two replicas that come in the same instant, the older lease may set its fence last, and is refused afterwards
 * only by the control plane's own lease.
 * A machine has whole processors; what is left out of an allocation is given up to the most that it was defined with. Time that it was
 * kept from running is not known here, and counts as 0.
 * Throws: `capability_missing`, `lease_lost`, `host_not_found`; `argument_invalid` for a part of a processor; `provider_failed` with
 * what virsh said.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GuiseError, limits } from '@guise/model';
import type {
  Allocation,
  Capabilities,
  Fenced,
  HostProvider,
  HostProviders,
  HostUsage,
  MachineUsage,
  ProvidedHost,
} from './host-provider.ts';

const fenceNamespace = 'https://guise.example/fence';
const kibPerMib = 1024;
/** Nothing that virsh could take for an option or a number. */
const domainName = /^[A-Za-z][\w.-]{0,63}$/;

/** `uri` as virsh has it, such as `qemu:///system`. */
export function libvirtProviders(uri: string): HostProviders {
  const provider = new LibvirtProvider(uri);
  return new Map([[provider.name, provider]]);
}

class LibvirtProvider implements HostProvider {
  readonly name = 'libvirt';
  readonly #uri: string;

  constructor(uri: string) {
    this.#uri = uri;
  }

  async capabilities(host: ProvidedHost): Promise<Capabilities> {
    await this.#isOn(host);
    return { can: ['resize', 'power'], images: [] };
  }

  async snapshot(host: Fenced): Promise<never> {
    throw missing(host, 'take snapshots');
  }

  async revert(host: Fenced): Promise<never> {
    throw missing(host, 'go back to snapshots');
  }

  async discard(host: Fenced): Promise<never> {
    throw missing(host, 'take snapshots');
  }

  async deploy(host: Fenced): Promise<never> {
    throw missing(host, 'deploy images');
  }

  async resize(host: Fenced, { cpuCores, memoryMb }: Allocation): Promise<void> {
    if (cpuCores !== undefined && !Number.isInteger(cpuCores)) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot give ${host.name} ${cpuCores} processors: a virtual machine has whole ones`,
      );
    }
    await this.#admit(host);
    const isOn = await this.#isOn(host);
    const cores = cpuCores ?? Number(await this.#virsh(host, 'vcpucount', '--maximum', '--config'));
    const { 'Max memory': most = '' } = await this.#info(host);
    const memoryKib = memoryMb === undefined ? Number.parseInt(most, 10) : Math.round(memoryMb * kibPerMib);
    // What it has now, and what it has when it is started again.
    for (const when of isOn ? ['--live', '--config'] : ['--config']) {
      await this.#virsh(host, 'setvcpus', '--count', String(cores), when);
      await this.#virsh(host, 'setmem', '--size', String(memoryKib), when);
    }
  }

  async power(host: Fenced, to: 'on' | 'off' | 'cycle'): Promise<void> {
    await this.#admit(host);
    if (to !== 'on' && (await this.#isOn(host))) await this.#virsh(host, 'destroy');
    if (to !== 'off' && !(await this.#isOn(host))) await this.#virsh(host, 'start');
  }

  async usage(machine: string): Promise<MachineUsage | null> {
    if ((await this.#run(['hostname'])).trim() !== machine) return null;
    const node = fieldsOf(await this.#run(['nodeinfo']));
    const names = (await this.#run(['list', '--all', '--name'])).split('\n').filter((name) => domainName.test(name));
    const hosts: HostUsage[] = [];
    for (const name of names) hosts.push(usageOf(name, await this.#info({ hostId: name, name })));
    return {
      cpuCores: Number(node['CPU(s)']),
      memoryMb: Math.floor(Number.parseInt(node['Memory size'] ?? '', 10) / kibPerMib),
      cpuPressure: null,
      hosts,
    };
  }

  /** Remembered before anything is done in its name. */
  async #admit(host: Fenced): Promise<void> {
    const fence = ['--uri', fenceNamespace, '--config'];
    const known = await this.#virsh(host, 'metadata', ...fence).catch((error: unknown) => {
      if (error instanceof GuiseError && /metadata not found/.test(error.detail ?? '')) return '';
      throw error;
    });
    const highest = BigInt(/value=["'](\d+)["']/.exec(known)?.[1] ?? 0);
    if (host.fence < highest) {
      throw new GuiseError(
        'lease_lost',
        `Cannot act on ${host.name} with the fence ${host.fence}: it is leased anew, with the fence ${highest}`,
      );
    }
    if (host.fence > highest)
      await this.#virsh(host, 'metadata', ...fence, '--key', 'guise', '--set', `<fence value="${host.fence}"/>`);
  }

  async #isOn(host: ProvidedHost): Promise<boolean> {
    return !['shut off', 'crashed'].includes((await this.#virsh(host, 'domstate')).trim());
  }

  async #info(host: ProvidedHost): Promise<Readonly<Record<string, string>>> {
    return fieldsOf(await this.#virsh(host, 'dominfo'));
  }

  async #virsh({ name }: ProvidedHost, command: string, ...argv: readonly string[]): Promise<string> {
    if (!domainName.test(name)) throw unknownHost(name);
    try {
      return await this.#run([command, '--domain', name, ...argv]);
    } catch (error) {
      if (error instanceof GuiseError && /failed to get domain/.test(error.detail ?? '')) throw unknownHost(name);
      throw error;
    }
  }

  async #run(argv: readonly string[]): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)('virsh', ['--connect', this.#uri, ...argv], {
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', LC_ALL: 'C' },
        timeout: limits.commandTimeoutMs,
        maxBuffer: limits.commandOutputBytes,
      });
      return stdout;
    } catch (cause) {
      const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
      const [line = ''] = said.trim().split('\n').slice(-1);
      throw new GuiseError('provider_failed', `The hypervisor failed at ${argv[0]}: ${line}`, { cause, detail: said });
    }
  }
}

function usageOf(name: string, info: Readonly<Record<string, string>>): HostUsage {
  const memoryMb = Number.parseInt(info['Used memory'] ?? '', 10) / kibPerMib;
  return {
    name,
    allocation: { cpuCores: Number(info['CPU(s)']), memoryMb },
    cpuSeconds: Number.parseFloat(info['CPU time'] ?? '0'),
    memoryMb,
    throttledSeconds: 0,
  };
}

/** Lines such as `Max memory:     8388608 KiB`. */
function fieldsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^([^:\n]+):[ \t]*(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

function missing({ name }: ProvidedHost, what: string): GuiseError {
  return new GuiseError('capability_missing', `Cannot act on ${name}: its provider, libvirt, does not ${what}`);
}

function unknownHost(name: string): GuiseError {
  return new GuiseError('host_not_found', `Cannot find the host ${JSON.stringify(name)}: the hypervisor has none such`);
}
