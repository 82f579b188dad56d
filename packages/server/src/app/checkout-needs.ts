/**
 * What a host and its provider must be able to, so that the host can be lent as a persona and come back.
 *
 * Asked before anything changes. Throws: `capability_missing`, which names what is missing; `requirements_unmet`; `host_unfit`.
 */
import { type Room, roomFor } from '@guise/decide/placement';
import type { HostId, ParameterValues, PersonaDocument, PersonaId, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';
import type {
  Allocation,
  Capability,
  HostProvider,
  HostProviders,
  ProvidedHost,
} from '../drivers/host-provider/host-provider.ts';
import type { CheckoutRow } from '../store/checkouts.ts';
import type { Executor } from '../store/database.ts';
import type { FleetHost } from '../store/fleet.ts';
import { findVersion } from '../store/personas.ts';
import { whyTooSmall } from './choose-offer.ts';
import { renderedNeeds } from './rendered-needs.ts';

export interface CheckoutNeeds {
  readonly room: Room;
  readonly image: string | null;
  readonly allocation: Allocation | null;
  /** Parts of `resource_allocation` that no provider can hold a host to. */
  readonly unlimited: readonly string[];
  /** Whether it comes and goes by triggers, so that somebody must say that it is to stay. */
  readonly hasTriggers: boolean;
}

export const noNeeds: CheckoutNeeds = {
  room: roomFor({}),
  image: null,
  allocation: null,
  unlimited: [],
  hasTriggers: false,
};

export function needsOf(persona: ResolvedPersona, personaId: PersonaId, parameters: ParameterValues): CheckoutNeeds {
  const { room, image, allocated } = renderedNeeds(persona, parameters, personaId);
  return {
    room,
    image,
    allocation: allocated == null ? null : allocationOf(allocated),
    unlimited: (['network_mbps', 'storage_iops'] as const).filter((part) => allocated?.[part] !== undefined),
    hasTriggers: [...persona.ancestors, persona.own].some(
      ({ document }) => document.activation_triggers !== undefined || document.deactivation_triggers !== undefined,
    ),
  };
}

/** Of the persona as it would be applied now; null when it is gone. */
export async function findNeeds(
  db: Executor,
  { personaId, version, parameters }: Pick<CheckoutRow, 'personaId' | 'version' | 'parameters'>,
): Promise<CheckoutNeeds | null> {
  if (personaId === null) return noNeeds;
  const found = await findVersion(db, personaId, version ?? undefined);
  return found === null ? null : needsOf(found.persona, personaId, parameters);
}

export interface Provided {
  readonly provider: HostProvider;
  readonly host: ProvidedHost;
}

export function providedHost(
  providers: HostProviders,
  { host_id: hostId, provider, provider_host }: FleetHost,
): Provided {
  const found = providers.get(provider);
  if (found !== undefined) return { provider: found, host: { hostId, name: provider_host ?? hostId } };
  throw new GuiseError(
    'capability_missing',
    `Cannot check out "${hostId}": this control plane has no provider "${provider}"`,
  );
}

export async function requireCapabilities(
  { provider, host }: Provided,
  { image, allocation, unlimited }: Pick<CheckoutNeeds, 'image' | 'allocation' | 'unlimited'>,
): Promise<void> {
  const { can, images } = await provider.capabilities(host);
  const missing = neededOf({ image, allocation }).find(({ capability }) => !can.includes(capability));
  const refuse = (what: string) =>
    new GuiseError('capability_missing', `Cannot check out "${host.hostId}": ${what} (provider "${provider.name}")`);
  if (missing !== undefined) throw refuse(`${missing.why} needs "${missing.capability}", which it cannot`);
  if (unlimited[0] !== undefined)
    throw refuse(`resource_allocation.${unlimited[0]} is nothing that it can resize; it can cpu_cores and memory_mb`);
  if (image === null || images.includes(image)) return;
  throw refuse(`operating_system.image is "${image}", and it has ${images.join(', ') || 'none'}`);
}

export function requireResources(
  host: { readonly hostId: HostId; readonly facts: Readonly<Record<string, string | number>> },
  room: Room,
): void {
  const why = whyTooSmall(host, room);
  if (why !== null) throw new GuiseError('requirements_unmet', `Cannot check out "${host.hostId}": ${why}`);
}

function neededOf({
  image,
  allocation,
}: Pick<CheckoutNeeds, 'image' | 'allocation'>): readonly { readonly capability: Capability; readonly why: string }[] {
  return [
    { capability: 'snapshot', why: 'a host that is lent' },
    { capability: 'revert', why: 'a host that is lent' },
    ...(image === null ? [] : [{ capability: 'image', why: 'operating_system.image' } as const]),
    ...(allocation === null ? [] : [{ capability: 'resize', why: 'resource_allocation' } as const]),
  ];
}

function allocationOf(allocated: NonNullable<PersonaDocument['resource_allocation']>): Allocation {
  const { cpu_cores, memory_mb } = allocated;
  return {
    ...(cpu_cores === undefined ? {} : { cpuCores: cpu_cores }),
    ...(memory_mb === undefined ? {} : { memoryMb: memory_mb }),
  };
}
