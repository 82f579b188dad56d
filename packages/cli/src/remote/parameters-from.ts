/** Parameters as they are typed: `--param port=80`. */
import type { Client } from '@guise/api';
import type { PersonaId } from '@guise/model';
import { parameterFor } from '../local/declared.ts';
import { keyAndValue } from '../local/layers.ts';

/** Typed as the persona declares them, so that `port=80` is a number exactly where a number is asked for. */
export async function parametersFrom(
  client: Client,
  persona_id: PersonaId,
  texts: readonly string[],
): Promise<{ [name: string]: string | number | boolean }> {
  if (texts.length === 0) return {};
  const { persona } = await client.getPersona({ params: { persona_id } });
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = keyAndValue(text, '--param', 'NAME=VALUE');
      return [name, parameterFor(persona, name, value)];
    }),
  );
}
