import type { Layer } from '@guise/model';
import { defineCommand } from '../command.ts';
import { hostOptions } from '../local/local-options.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';
import { table } from '../render/table.ts';

export const active = defineCommand({
  operands: [],
  options: hostOptions,
  examples: [{ line: 'guise active', why: 'which personas this machine has now' }],
  run: (context, { options }) =>
    withEngine(context, options, async (engine) => {
      const layers = engine.active();
      if (context.json) printJson(context, { personas: layers.map(({ persona: _persona, ...layer }) => layer) });
      else for (const line of layerTable(layers, context.out)) context.out.line(line);
      return 0;
    }),
});

function layerTable(layers: readonly Layer[], terminal: Parameters<typeof table>[2]): readonly string[] {
  const rows = layers.map(({ instance, persona_id, version, priority, parameters, assigned_by }) => [
    instance,
    persona_id,
    version === null ? 'local' : String(version),
    String(priority),
    assigned_by,
    Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ]);
  const headings = ['instance', 'persona', 'version', 'priority', 'assigned by', 'parameters'];
  return table(headings, rows, terminal, 'No persona is active: the machine is as it was before guise.');
}
