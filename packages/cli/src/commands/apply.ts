import type { Engine } from '@guise/agent';
import { GuiseError, type Layer } from '@guise/model';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { placesOf } from '../local/host-place.ts';
import { layersFromFiles } from '../local/layers.ts';
import { hostOptions, layerOptions } from '../local/local-options.ts';
import { printOutcome, printPlan, withProgress } from '../local/print-outcome.ts';
import { rememberingReader } from '../local/read-persona.ts';
import { withEngine } from '../local/with-engine.ts';

export const apply = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file', repeated: true }],
  options: { yes: { type: 'boolean', summary: 'Ask nothing' }, ...layerOptions, ...hostOptions },
  notes: [
    'Shows the plan and asks; what was shown is what runs, or nothing does. Personas that are active and not given leave.',
    'Exit code: 0 done, 1 failed and rolled back, 2 bad input, 3 refused, 4 failed and could not be rolled back.',
  ],
  examples: [
    { line: 'guise apply personas/web.yaml', why: 'become a web server, after a look at the plan' },
    { line: 'guise apply web.yaml db.yaml --yes', why: 'both at once, asking nothing' },
    {
      line: 'guise apply shop.yaml shop.yaml --as north --as south --param south.port=8081',
      why: 'one persona for two tenants',
    },
  ],
  async run(context, { operands, options }) {
    const read = rememberingReader(placesOf(options, context));
    const layers = await layersFromFiles({ ...options, files: operands }, read);
    if (!options.yes && !context.canAsk) {
      throw new GuiseError(
        'argument_invalid',
        'Cannot ask for a yes without a terminal: add --yes to apply, or run guise plan to see what would change',
      );
    }
    return withEngine(context, options, (engine) =>
      options.yes ? applyNow(engine, layers, context) : applyAfterAsking(engine, layers, context),
    );
  },
});

/** Plans and applies in one, so the host is observed once. */
async function applyNow(engine: Engine, layers: readonly Layer[], context: Context): Promise<ExitCode> {
  const outcome = await withProgress(context, (onProgress) => engine.apply(layers, { onProgress }));
  return printOutcome(outcome, (digest) => engine.content(digest), context);
}

async function applyAfterAsking(engine: Engine, layers: readonly Layer[], context: Context): Promise<ExitCode> {
  const planned = await engine.plan(layers);
  if (!context.json) printPlan(planned, (digest) => engine.content(digest), context);
  if (planned.stages.length > 0 && !(await context.confirm('Apply this plan?'))) {
    context.err.line('Nothing was changed.');
    return 3;
  }
  const outcome = await withProgress(context, (onProgress) =>
    engine.apply(layers, { planHash: planned.hash, onProgress }),
  );
  return printOutcome(outcome, null, context);
}
