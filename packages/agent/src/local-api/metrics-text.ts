/** The agent's own figures and its host's as Prometheus text. Source: https://prometheus.io/docs/instrumenting/exposition_formats/. */
import type { Engine } from '../engine/engine.ts';
import type { Conductor } from '../triggers/conductor.ts';

interface Sample {
  readonly labels?: { readonly [name: string]: string };
  readonly value: number;
}

export type MetricsSource = Pick<
  Conductor,
  'samples' | 'decisions' | 'switches' | 'holds' | 'alerts' | 'droppedEvents'
>;

export function metricsText(engine: Pick<Engine, 'history' | 'active'>, conductor: MetricsSource): string {
  const transactions = counted(engine.history().map(({ status }) => status));
  const alerts = counted(conductor.alerts.lasting().map(({ type }) => type));
  return [
    family('guise_active_personas', 'gauge', 'Personas active on this host.', [{ value: engine.active().length }]),
    family(
      'guise_persona_active',
      'gauge',
      'Whether a candidate is to be active.',
      conductor.decisions.map(({ layer, active, decidedBy }) => ({
        labels: { instance: layer.instance, persona_id: layer.persona_id, decided_by: decidedBy },
        value: active ? 1 : 0,
      })),
    ),
    family(
      'guise_host_metric',
      'gauge',
      'What triggers and thresholds look at, as last read.',
      [...conductor.samples()].map(([name, { value }]) => ({ labels: { name }, value })),
    ),
    family('guise_switches_total', 'counter', "Switches since the agent's start by how they ended.", [
      ...labelled('result', conductor.switches()),
    ]),
    family('guise_transactions', 'gauge', 'Transactions in the journal by how they ended.', [
      ...labelled('status', transactions),
    ]),
    family('guise_holds', 'gauge', 'Holds in force.', [{ value: conductor.holds().length }]),
    family('guise_alerts', 'gauge', 'Alerts that last.', [...labelled('type', alerts)]),
    family('guise_events_dropped_total', 'counter', 'Events that came while too many waited.', [
      { value: conductor.droppedEvents },
    ]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory of the agent.', [
      { value: process.memoryUsage.rss() },
    ]),
    '',
  ].join('\n');
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const inside = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${inside.length === 0 ? '' : `{${inside.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines.sort()].join('\n');
}

function labelled(label: string, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([text, value]) => ({ labels: { [label]: text }, value }));
}

function counted(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(words, (word) => word)].map(([word, same]) => [word, same.length]));
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
