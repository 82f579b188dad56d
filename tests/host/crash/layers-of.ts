/** Persona files as layers, in a process inside a host. */
import { directoryReader } from '@guise/agent';
import type { Layer } from '@guise/model';
import { layerOf } from '@guise/model';
import { resolvePersona } from '@guise/model/documents';

export async function layersOf(files: readonly string[]): Promise<readonly Layer[]> {
  const reader = directoryReader();
  const layers: Layer[] = [];
  for (const file of files) layers.push(layerOf(await resolvePersona(file, reader), { assignedBy: 'local' }));
  return layers;
}
