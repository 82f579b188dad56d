/** An activation in one line: what it is, where, and how far it has come. */
import type { Client } from '@guise/api';
import { printable } from './text.ts';

export type Activation = Awaited<ReturnType<Client['getActivation']>>;

export function activationLine(activation: Activation): string {
  const { activation_id, instance, persona_id, state, host_id } = activation;
  const what = instance === persona_id ? instance : `${instance} (${persona_id})`;
  return printable(`${activation_id}: ${what} ${state}${host_id === null ? '' : ` on ${host_id}`}`);
}

/** Where it is not, and why. */
export function tryLines({ tries }: Activation): readonly string[] {
  return tries.map(({ host_id, reason }) => printable(host_id === '*' ? reason : `${host_id}: ${reason}`));
}
