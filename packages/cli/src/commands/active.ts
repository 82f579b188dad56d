import type { CandidateReport, Hold, Layer } from '@guise/model';
import { defineCommand } from '../command.ts';
import { askAgent } from '../local/ask-agent.ts';
import { hostOptions } from '../local/local-options.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';
import { candidateLines, holdText } from '../render/candidates.ts';
import { table } from '../render/table.ts';

export const active = defineCommand({
  operands: [],
  options: hostOptions,
  notes: [
    'Where an agent runs, also which personas come and go by triggers or are held, and why they are active or not.',
  ],
  examples: [{ line: 'guise active', why: 'which personas this machine has now' }],
  run: (context, { options }) =>
    withEngine(context, options, async (engine) => {
      const layers = engine.active();
      const told = await askAgent<Adaptation>('/state', options);
      if (context.json) {
        const personas = layers.map(({ persona: _persona, ...layer }) => layer);
        printJson(context, { personas, candidates: told?.candidates ?? null, holds: told?.holds ?? null });
        return 0;
      }
      for (const line of layerTable(layers, context.out)) context.out.line(line);
      if (told !== null) for (const line of adaptationLines(told, context.out)) context.out.line(line);
      return 0;
    }),
});

/** What an agent tells beside the active set. */
interface Adaptation {
  readonly candidates: readonly CandidateReport[];
  readonly holds: readonly Hold[];
}

/** Nothing where nothing but assignment decides. */
function adaptationLines({ candidates, holds }: Adaptation, terminal: Parameters<typeof candidateLines>[1]) {
  const adapting = candidates.filter(({ decided_by }) => decided_by !== 'always');
  return [...candidateLines(adapting, terminal), ...holds.map(holdText)];
}

function layerTable(layers: readonly Layer[], terminal: Parameters<typeof table>[2]): readonly string[] {
  const rows = layers.map(({ instance, persona_id, version, priority, parameters, assigned_by, signature }) => [
    instance,
    persona_id,
    version === null ? 'local' : String(version),
    String(priority),
    assigned_by,
    signature?.signers.join(', ') ?? '',
    Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  ]);
  const headings = ['instance', 'persona', 'version', 'priority', 'assigned by', 'signed by', 'parameters'];
  return table(headings, rows, terminal, 'No persona is active: the machine is as it was before guise.');
}
