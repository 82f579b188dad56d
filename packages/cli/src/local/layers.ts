/**
 * From persona files and what was said about them on the command line to the layers that the engine applies.
 *
 * Shape: n files → n layers in the same order, each with its own instance name.
 * Throws: `document_invalid` and its like from reading; `argument_invalid` for options that fit no persona; `parameter_invalid`.
 */
import { GuiseError, type Layer, layerOf } from '@guise/model';
import { parameterFor, parametersOf } from './declared.ts';
import { readPersona } from './read-persona.ts';

export interface LayerRequest {
  readonly files: readonly string[];
  /** `NAME=VALUE` or `INSTANCE.NAME=VALUE`. */
  readonly param: readonly string[];
  /** `NUMBER` or `INSTANCE=NUMBER`. */
  readonly priority: readonly string[];
  readonly as: readonly string[];
}

interface Setting {
  /** Null: every persona. */
  readonly instance: string | null;
  readonly name: string;
  readonly value: string;
}

/** `read` takes what was named; files unless said otherwise. */
export async function layersFromFiles(request: LayerRequest, read = readPersona): Promise<readonly Layer[]> {
  const { files, as } = request;
  if (as.length > files.length) throw invalid(`Cannot use --as ${as.length} times for ${files.length} files`);
  const layers: Layer[] = [];
  for (const [index, file] of files.entries()) {
    layers.push(layerOf(await read(file), { instance: as[index] ?? null, assignedBy: 'local' }));
  }
  refuseSameNames(layers);
  const parameters = request.param.map((text) => parameterSetting(text, layers));
  const priorities = request.priority.map((text) => prioritySetting(text, layers));
  return layers.map((layer) => ({
    ...layer,
    priority: Number(lastFor(priorities, layer.instance)?.value ?? layer.priority),
    parameters: parametersFor(layer, parameters),
  }));
}

/** Throws: `argument_invalid`. */
export function priorityFrom(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw invalid(`Cannot use --priority ${text}: it must be 0 to 1000`);
}

function refuseSameNames(layers: readonly Layer[]): void {
  const seen = new Set<string>();
  for (const { instance } of layers) {
    if (seen.has(instance)) {
      throw invalid(`Cannot apply two personas as ${JSON.stringify(instance)}: give each a name of its own with --as`);
    }
    seen.add(instance);
  }
}

function parameterSetting(text: string, layers: readonly Layer[]): Setting {
  const [key, value] = keyAndValue(text, '--param', 'NAME=VALUE or INSTANCE.NAME=VALUE');
  // Instance names may have dots, parameters may not.
  const dot = key.lastIndexOf('.');
  const setting = { instance: dot < 0 ? null : key.slice(0, dot), name: key.slice(dot + 1), value };
  const addressed = layers.filter(({ instance }) => setting.instance === null || setting.instance === instance);
  if (addressed.length === 0)
    throw invalid(`Cannot use --param ${text}: no persona is applied as ${JSON.stringify(setting.instance)}`);
  const holder = addressed.find(({ persona }) => parametersOf(persona).has(setting.name)) ?? addressed[0]!;
  parameterFor(holder.persona, setting.name, value);
  return setting;
}

function prioritySetting(text: string, layers: readonly Layer[]): Setting {
  const [key, value] = text.includes('=') ? keyAndValue(text, '--priority', 'NUMBER or INSTANCE=NUMBER') : [null, text];
  priorityFrom(value);
  if (key !== null && !layers.some(({ instance }) => instance === key)) {
    throw invalid(`Cannot use --priority ${text}: no persona is applied as ${JSON.stringify(key)}`);
  }
  return { instance: key, name: 'priority', value };
}

export function keyAndValue(text: string, flag: string, shape: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw invalid(`Cannot use ${flag} ${text}: it must be ${shape}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function parametersFor({ instance, persona }: Layer, settings: readonly Setting[]): Layer['parameters'] {
  const given = [...parametersOf(persona).keys()].flatMap((name) => {
    const setting = lastFor(
      settings.filter((each) => each.name === name),
      instance,
    );
    return setting === undefined ? [] : [[name, parameterFor(persona, name, setting.value)] as const];
  });
  return Object.fromEntries(given);
}

/** What was said of this instance outranks what was said of all; the last word counts. */
function lastFor(settings: readonly Setting[], instance: string): Setting | undefined {
  return settings.findLast((each) => each.instance === instance) ?? settings.findLast((each) => each.instance === null);
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', message);
}
