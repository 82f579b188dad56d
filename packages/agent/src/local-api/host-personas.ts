/**
 * The personas that a host knows without asking anybody: files in its own folder, and what the control plane last wanted here.
 *
 * Throws: `persona_not_found`, naming what the host does know.
 */
import type { Layer } from '@guise/model';
import { GuiseError, layerOf, parsePersonaId } from '@guise/model';
import { directoryReader } from '../host/persona-reader.ts';
import type { FindPersona } from './local-routes.ts';
import type { RememberedPersonas } from './remembered-personas.ts';

export interface HostPersonasOptions {
  /** Folder of `ID.yaml` files. */
  readonly folder: string;
  readonly personas: RememberedPersonas;
  /** Layers that the control plane last wanted here. */
  readonly desired: () => readonly Layer[];
}

export function hostPersonas({ folder, personas, desired }: HostPersonasOptions): FindPersona {
  const reader = directoryReader();
  return async (personaId, { instance, parameters }) => {
    const id = parsePersonaId(personaId);
    const options = { instance, parameters, assignedBy: 'local' };
    const wanted = desired().find((layer) => layer.persona_id === id);
    if (wanted !== undefined)
      return layerOf(wanted.persona, { ...options, version: wanted.version, priority: wanted.priority });
    const files = (await reader.list(folder, '')).filter((name) => name.endsWith('.yaml'));
    if (files.includes(`${id}.yaml`)) return layerOf(await personas.resolve(`${folder}/${id}.yaml`), options);
    const known = [
      ...desired().map((layer) => layer.persona_id),
      ...files.map((name) => name.slice(0, -'.yaml'.length)),
    ];
    throw new GuiseError(
      'persona_not_found',
      `Cannot apply "${id}": this host knows ${known.length === 0 ? 'no personas' : [...new Set(known)].sort().join(', ')}; add ${folder}/${id}.yaml`,
    );
  };
}
