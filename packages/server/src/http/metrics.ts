/** Counters and gauges in Prometheus' text format 0.0.4. Names and labels are written here and nowhere else. */
const help = {
  guise_http_requests_total: ['counter', 'Requests answered, by route and status'],
  guise_desired_pushed_total: ['counter', 'Desired states sent to agents'],
  guise_agent_messages_ignored_total: ['counter', 'Messages from agents that were not understood'],
  guise_events_accepted_total: ['counter', 'Events taken from outside'],
  guise_events_duplicate_total: ['counter', 'Events that had been accepted before'],
  guise_events_refused_total: ['counter', 'Requests with events that were refused, by status'],
  guise_events_sent_total: ['counter', 'Events sent to agents of this process, once for each agent'],
  guise_events_dropped_total: ['counter', 'Events that an agent of this process will not get, by reason'],
  guise_webhook_deliveries_total: ['counter', 'Attempts of this process to tell webhooks, by outcome'],
  guise_alerts_active: ['gauge', 'Alerts that last, of the whole fleet, by type and severity'],
  guise_hosts_with_persona_active: ['gauge', 'Hosts on which a persona is active, of the whole fleet'],
  guise_agents_connected: ['gauge', 'Agents connected to this process'],
  guise_process_resident_bytes: ['gauge', 'Memory of this process'],
  guise_process_uptime_seconds: ['gauge', 'Since this process started'],
} as const satisfies Record<string, readonly ['counter' | 'gauge', string]>;

type MetricName = keyof typeof help;

export class Metrics {
  readonly #values = new Map<MetricName, Map<string, number>>();

  add(name: MetricName, amount = 1, labels: Readonly<Record<string, string>> = {}): void {
    const series = this.#seriesOf(name);
    const key = labelText(labels);
    series.set(key, (series.get(key) ?? 0) + amount);
  }

  set(name: MetricName, value: number): void {
    this.#seriesOf(name).set('', value);
  }

  /** Everything that is known of it; what is not among these is no more. */
  replace(name: MetricName, series: readonly (readonly [Readonly<Record<string, string>>, number])[]): void {
    this.#values.set(name, new Map(series.map(([labels, value]) => [labelText(labels), value])));
  }

  text(): string {
    const lines = [...this.#values].flatMap(([name, series]) => [
      `# HELP ${name} ${help[name][1]}`,
      `# TYPE ${name} ${help[name][0]}`,
      ...[...series].map(([labels, value]) => `${name}${labels} ${value}`),
    ]);
    return `${lines.join('\n')}\n`;
  }

  #seriesOf(name: MetricName): Map<string, number> {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const series = new Map<string, number>();
    this.#values.set(name, series);
    return series;
  }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
