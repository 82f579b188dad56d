import { planReportOf } from '@guise/api/reports';
import { defineCommand } from '../command.ts';
import { placesOf } from '../local/host-place.ts';
import { layersFromFiles } from '../local/layers.ts';
import { hostOptions, layerOptions } from '../local/local-options.ts';
import { printPlan } from '../local/print-outcome.ts';
import { rememberingReader } from '../local/read-persona.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';

export const plan = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file', repeated: true, optional: true }],
  options: { ...layerOptions, ...hostOptions },
  notes: ['Without FILE: what taking all personas away would change.'],
  examples: [
    { line: 'guise plan personas/web.yaml', why: 'what becoming a web server would change here' },
    { line: 'guise plan web.yaml hardened.yaml --param workers=8', why: 'two personas at once, with a parameter' },
    { line: 'guise plan web.yaml --root /srv/image', why: 'on a tree of files that is not running' },
  ],
  async run(context, { operands, options }) {
    const read = rememberingReader(placesOf(options, context));
    const layers = await layersFromFiles({ ...options, files: operands }, read);
    return withEngine(context, options, async (engine) => {
      const planned = await engine.plan(layers);
      if (context.json) printJson(context, planReportOf(planned));
      else printPlan(planned, (digest) => engine.content(digest), context);
      return 0;
    });
  },
});
