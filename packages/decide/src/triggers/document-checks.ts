/** Collects what is wrong with documents beyond their shapes, in the words and positions of all other problems. */
import {
  builtInMetric,
  builtInMetrics,
  type LocatedDocument,
  metricAliases,
  metricName,
  nearName,
  type Problem,
  positionOf,
  problemOf,
  quotedPath,
} from '@guise/model';

export class DocumentChecks {
  readonly #defined: ReadonlySet<string>;
  readonly problems: Problem[] = [];

  /** `defined`: metrics that the persona itself defines. */
  constructor(defined: ReadonlySet<string>) {
    this.#defined = defined;
  }

  /** `value` is printed as found unless it stands in no document. */
  report(located: LocatedDocument, path: string, rule: string, value?: unknown, suggestion?: string): void {
    const found = value === undefined ? '' : `, and it is ${JSON.stringify(value).slice(0, 200)}`;
    this.problems.push(
      problemOf({
        file: located.file,
        at: positionOf(located.positions, path.split('.')),
        path,
        rule,
        sentence: `Cannot set ${quotedPath(path)}: the value ${rule}${found}`,
        suggestion,
      }),
    );
  }

  /** The canonical name, or null when there is no such metric, which is then reported. */
  metric(located: LocatedDocument, path: string, text: string): string | null {
    const name = this.#nameOf(text);
    if (name !== null) return name;
    const word = wordOf(text);
    const hint = isBuiltIn(word) ? ', METRIC:PART or METRIC@UNIT where it has such' : '';
    const near = this.#nearTo(text);
    const rule = `must be a metric that hosts have${hint}, or one that "monitoring.metrics" defines`;
    this.report(located, path, rule, text, near === undefined ? undefined : JSON.stringify(near));
    return null;
  }

  /**
   * Of a goal, which may also be about what somebody else measures, such as `latency_p95_ms`: that is taken as it is, unless it looks like
   * a metric of hosts that is spelled wrongly.
   */
  goalMetric(located: LocatedDocument, path: string, text: string): string | null {
    const isOfOthers = /^[a-z][a-z0-9_]{0,63}$/.test(text) && !isBuiltIn(text) && this.#nearTo(text) === undefined;
    return isOfOthers && this.#nameOf(text) === null ? text : this.metric(located, path, text);
  }

  #nameOf(text: string): string | null {
    return this.#defined.has(text) ? text : metricName(text);
  }

  #nearTo(text: string): string | undefined {
    const known = [...Object.keys(builtInMetrics), ...Object.keys(metricAliases), ...this.#defined];
    return nearName(text, known) ?? nearName(wordOf(text), known);
  }

  /** `path` is the threshold's; it has one of `above` and `below`. */
  threshold(
    located: LocatedDocument,
    path: string,
    {
      metric,
      above,
      below,
    }: { readonly metric: string; readonly above?: number | undefined; readonly below?: number | undefined },
  ): string | null {
    const name = this.metric(located, `${path}.metric`, metric);
    if (name === null) return null;
    const [key, bound] = above === undefined ? ['below', below ?? 0] : ['above', above];
    return this.bound(located, `${path}.${key}`, name, bound) ? name : null;
  }

  /** Whether the metric, by its canonical name, can be there; if not, that is reported. */
  bound(located: LocatedDocument, path: string, name: string, bound: number): boolean {
    const isRatio = !this.#defined.has(name) && builtInMetric(name)?.unit === 'ratio';
    if (!isRatio || (bound >= 0 && bound <= 1)) return true;
    const suggestion = bound > 1 && bound <= 100 ? String(bound / 100) : undefined;
    this.report(located, path, `must be from 0 to 1, because ${name} is a share of the whole`, bound, suggestion);
    return false;
  }
}

function wordOf(text: string): string {
  return text.split(/[:@]/, 1)[0]!;
}

function isBuiltIn(word: string): boolean {
  return builtInMetric(metricAliases[word] ?? word) !== null;
}
