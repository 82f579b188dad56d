import { intlZones } from '@guise/decide';
import { compileTriggers } from '@guise/decide/compile';
import { GuiseError, type Layer } from '@guise/model';
import { defineCommand } from '../command.ts';
import { layersFromFiles } from '../local/layers.ts';
import { layerOptions } from '../local/local-options.ts';
import { printJson } from '../print-json.ts';
import { personaAt } from '../remote/persona-at.ts';
import { serverOptions } from '../remote/server-options.ts';
import { replayLines, zonedReason } from '../render/replay.ts';
import { recordedEvents } from '../replay/recorded-events.ts';
import { recordedSamples } from '../replay/recorded-samples.ts';
import { type Replayed, runReplay } from '../replay/run-replay.ts';
import { type PersonaSummary, summarize } from '../replay/summarize.ts';
import { instantOption, zonedText } from '../replay/zoned-instant.ts';

const defaultZone = 'UTC';

export const triggerReplay = defineCommand({
  operands: [{ name: 'PERSONA', kind: 'persona', repeated: true }],
  options: {
    metrics: {
      type: 'string',
      value: 'FILE',
      summary: 'Recorded samples: CSV time,metric,value, or a range-query response of Prometheus',
    },
    events: {
      type: 'string',
      value: 'FILE',
      summary: 'Recorded CloudEvents with their time: a JSON list, or one on each line',
    },
    from: { type: 'string', value: 'TIME', summary: 'Where to begin (default: the first sample or event)' },
    to: { type: 'string', value: 'TIME', summary: 'Where to end, inclusive (default: the last sample or event)' },
    zone: {
      type: 'string',
      value: 'ZONE',
      summary: 'For times without an offset, and schedules that name no zone (default UTC)',
    },
    explainAt: { type: 'string', value: 'TIME', summary: 'Tell what each trigger was at that instant' },
    param: layerOptions.param,
    as: layerOptions.as,
    ...serverOptions,
  },
  notes: [
    'PERSONA is a FILE, or PERSONA[@VERSION] at the control plane. The same code decides on hosts.',
    'A metric is unknown where the recording has no sample of it for five minutes, or three of its intervals. Nobody is logged in.',
    'TIME is such as 2026-03-29, 2026-03-29T08:00 or 2026-03-29T06:00Z. A flap is a switch within 10 minutes of the one before.',
  ],
  examples: [
    {
      line: 'guise trigger replay web.yaml --metrics week.csv --zone Europe/Paris',
      why: 'every switch of a recorded week',
    },
    {
      line: 'guise trigger replay night.yaml --from 2026-03-28 --to 2026-03-30 --zone Europe/Paris',
      why: 'a schedule over a change of the clocks',
    },
    {
      line: 'guise trigger replay web db@3 --metrics range.json --explain-at 2026-11-25T10:00Z --json',
      why: 'two published personas, and why at one instant',
    },
  ],
  async run(context, { operands, options }) {
    const { zone = defaultZone } = options;
    if (!intlZones.isZone(zone))
      throw invalid(`Cannot use --zone ${JSON.stringify(zone)}: it must be an IANA time zone, such as Europe/Paris`);
    const instant = (flag: string, text: string | undefined) =>
      text === undefined ? null : instantOption(flag, text, zone);
    const [fromMs, toMs] = [instant('--from', options.from), instant('--to', options.to)];
    if (fromMs !== null && toMs !== null && toMs < fromMs)
      throw invalid('Cannot use --to: it must not be before --from');
    const layers = await layersFromFiles({ ...options, files: operands, priority: [] }, (text) =>
      personaAt(text, context, options),
    );
    const personas = await Promise.all(layers.map((layer) => compiled(layer, zone)));
    const replayed = await runReplay({
      personas,
      samples: options.metrics === undefined ? null : await recordedSamples(options.metrics, zone),
      events: options.events === undefined ? [] : await recordedEvents(options.events),
      fromMs,
      toMs,
      explainAtMs: instant('--explain-at', options.explainAt),
    });
    if (replayed === null)
      throw invalid('Cannot replay nothing: give --metrics or --events with something in the span, or --from and --to');
    if (options.explainAt !== undefined && replayed.explanations.size === 0)
      throw invalid(`Cannot use --explain-at ${options.explainAt}: it is outside of the span`);
    const summaries = summarize(replayed, personas);
    if (context.json) printJson(context, jsonOf(replayed, summaries, layers, zone));
    else for (const line of replayLines(replayed, summaries, zone, context.out)) context.out.line(line);
    return 0;
  },
});

async function compiled(layer: Layer, zone: string) {
  return { instance: layer.instance, triggers: await compileTriggers(layer, { timezone: zone }) };
}

function jsonOf(replayed: Replayed, summaries: readonly PersonaSummary[], layers: readonly Layer[], zone: string) {
  const idOf = new Map(layers.map(({ instance, persona_id }) => [instance, persona_id]));
  return {
    from: zonedText(replayed.fromMs, zone),
    to: zonedText(replayed.toMs, zone),
    zone,
    switches: replayed.switches.map(({ atMs, instance, active, reason, inputs }) => ({
      at: zonedText(atMs, zone),
      persona_id: idOf.get(instance),
      instance,
      active,
      reason: zonedReason(reason, zone),
      inputs,
    })),
    summary: {
      total_active_seconds: summaries.reduce((sum, { activeMs }) => sum + activeMs / 1000, 0),
      switch_count: replayed.switches.length,
      flap_count: summaries.reduce((sum, { flaps }) => sum + flaps, 0),
      samples: replayed.samples,
      personas: summaries.map(({ instance, activeMs, activations, switches, flaps }) => ({
        persona_id: idOf.get(instance),
        instance,
        total_active_seconds: activeMs / 1000,
        activations,
        switch_count: switches,
        flap_count: flaps,
      })),
    },
    ...(replayed.explanations.size > 0 && { explanations: explanationsOf(replayed, zone) }),
  };
}

function explanationsOf({ explanations }: Replayed, zone: string) {
  return Object.fromEntries(
    [...explanations].map(([instance, explanation]) => {
      if (explanation === null) return [instance, { active: true, reason: 'it has no triggers' }];
      const { wish, activation, deactivation } = explanation;
      const leaf = ({ path, truth, text }: (typeof activation)[number]) => ({
        path,
        truth,
        text: zonedReason(text, zone),
      });
      const { active, reason, sinceMs, waits } = wish;
      return [
        instance,
        {
          active,
          since: zonedText(sinceMs, zone),
          reason: zonedReason(reason, zone),
          waits: waits === null ? null : zonedReason(waits, zone),
          activation_triggers: activation.map(leaf),
          deactivation_triggers: deactivation.map(leaf),
        },
      ];
    }),
  );
}

function invalid(message: string): GuiseError {
  return new GuiseError('argument_invalid', message);
}
