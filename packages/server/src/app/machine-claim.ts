/**
 * What the active personas of a host make it on a machine that it shares.
 *
 * Its weight is the highest priority among them, so that of two busy hosts with priorities 75 and 25 one has three quarters; a host
 * without a persona counts as one whose persona says nothing of it. It is guaranteed the sum of `required_cores` and `required_ram_gb`.
 * It may have the sum of `resource_allocation`, where each of them says one: then what is beyond goes to others first.
 * A value that a template decides is known to the host alone, and counts as not said.
 */
import { mibPerGb } from '@guise/decide/placement';
import type { LocatedDocument } from '@guise/model';

/** Of one persona; null where it says nothing. */
export interface PersonaNeeds {
  readonly requiredCores: number | null;
  readonly requiredMb: number | null;
  readonly allocatedCores: number | null;
  readonly allocatedMb: number | null;
}

export interface MachineClaim {
  readonly weight: number;
  readonly minimumCores: number;
  readonly minimumMb: number;
  /** Null: as much as there is. */
  readonly ceilingCores: number | null;
  readonly ceilingMb: number | null;
}

export const noNeeds: PersonaNeeds = { requiredCores: null, requiredMb: null, allocatedCores: null, allocatedMb: null };

const defaultWeight = 50;

/** The persona's own document last: the last that says so counts. */
export function personaNeeds(documents: readonly LocatedDocument[]): PersonaNeeds {
  const said = (read: (document: LocatedDocument['document']) => unknown) =>
    documents.map(({ document }) => read(document)).findLast((value) => typeof value === 'number') ?? null;
  const requiredGb = said(({ required_ram_gb }) => required_ram_gb);
  return {
    requiredCores: said(({ required_cores }) => required_cores),
    requiredMb: requiredGb === null ? null : requiredGb * mibPerGb,
    allocatedCores: said(({ resource_allocation }) => resource_allocation?.cpu_cores),
    allocatedMb: said(({ resource_allocation }) => resource_allocation?.memory_mb),
  };
}

export function machineClaim(active: readonly (PersonaNeeds & { readonly priority: number })[]): MachineClaim {
  const priorities = active.length === 0 ? [defaultWeight] : active.map(({ priority }) => priority);
  return {
    weight: Math.max(1, ...priorities),
    minimumCores: sum(active.map(({ requiredCores }) => requiredCores)),
    minimumMb: sum(active.map(({ requiredMb }) => requiredMb)),
    ceilingCores: ceiling(active.map(({ allocatedCores }) => allocatedCores)),
    ceilingMb: ceiling(active.map(({ allocatedMb }) => allocatedMb)),
  };
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function ceiling(values: readonly (number | null)[]): number | null {
  return values.length === 0 || values.includes(null) ? null : sum(values);
}
