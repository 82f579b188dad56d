/** Renders the templates of one document: every text and every key but those of the fixed fields. */
import type { Problem } from '../errors.ts';
import { limits } from '../limits.ts';
import { nearName } from '../near-name.ts';
import type { ContentPart, SecretContent } from '../secret.ts';
import { isFixed } from './fixed-fields.ts';
import type { ParameterValues } from './parameters.ts';
import { positionOf } from './position-of.ts';
import { type Position, problemOf, quotedPath } from './problem.ts';
import type { Facts, LocatedDocument, Positions } from './resolved.ts';
import { mayHaveSecrets, secretNameOf, secretPlaceRule } from './secret-places.ts';
import { parseTemplate, type TemplatePart, type TemplateValue } from './template.ts';

/** All that a template can name. */
export interface Scope {
  readonly parameters: ParameterValues;
  readonly facts: Facts;
  readonly instance: string;
}

export interface RenderedDocument {
  readonly file: string;
  readonly value: unknown;
  /** By rendered path, where the author wrote it. */
  readonly positions: Positions;
  /** Values that were one template and nothing else, and are not text, by rendered path. */
  readonly typed: ReadonlyMap<string, TemplateValue>;
  /** Contents with secrets in them, by rendered path. In the value they stand without. */
  readonly secretContents: { readonly [path: string]: SecretContent };
  readonly problems: readonly Problem[];
}

export function renderDocument(located: LocatedDocument, scope: Scope): RenderedDocument {
  return new DocumentRenderer(located, scope).render();
}

/** Where the renderer is: the path as the author wrote it, and as it is rendered. */
interface Place {
  readonly written: readonly string[];
  readonly rendered: readonly string[];
}

class DocumentRenderer {
  readonly #located: LocatedDocument;
  readonly #scope: Scope;
  readonly #positions: Record<string, Position> = {};
  readonly #typed = new Map<string, TemplateValue>();
  readonly #secretContents: Record<string, SecretContent> = {};
  readonly #problems: Problem[] = [];
  #leftBytes: number = limits.renderedSizeBytes;

  constructor(located: LocatedDocument, scope: Scope) {
    this.#located = located;
    this.#scope = scope;
  }

  render(): RenderedDocument {
    const value = this.#value(this.#located.document, { written: [], rendered: [] });
    return {
      file: this.#located.file,
      value,
      positions: this.#positions,
      typed: this.#typed,
      secretContents: this.#secretContents,
      problems: this.#problems,
    };
  }

  #value(value: unknown, place: Place): unknown {
    const path = place.rendered.join('.');
    if (path !== '') this.#positions[path] = positionOf(this.#located.positions, place.written);
    if (typeof value === 'string') {
      const rendered = this.#text(value, place);
      if (typeof rendered !== 'string') this.#typed.set(path, rendered);
      return rendered;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.#value(item, below(place, String(index))));
    return typeof value === 'object' && value !== null ? this.#mapping(value, place) : value;
  }

  #mapping(mapping: object, place: Place): unknown {
    const rendered: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(mapping)) {
      const written = below(place, key);
      const renderedKey = String(this.#text(key, written));
      const at: Place = { written: written.written, rendered: [...place.rendered, renderedKey] };
      if (Object.hasOwn(rendered, renderedKey) || renderedKey === '__proto__') {
        this.#report(
          at.written,
          'must be a key of its own',
          `the key becomes ${JSON.stringify(renderedKey)}, which stands there already`,
        );
      } else {
        rendered[renderedKey] = this.#value(entry, at);
      }
    }
    return rendered;
  }

  #text(text: string, { written, rendered }: Place): TemplateValue {
    if (!text.includes('{{') || isFixed(written)) return text;
    const template = parseTemplate(text);
    if (template.type === 'malformed') {
      this.#report(written, 'must have well-formed templates', `the text${inLine(template.line)} ${template.reason}`);
      return text;
    }
    if (mayHaveSecrets(written) && template.parts.some((part) => secretNameOf(part) !== null))
      return this.#withSecrets(template.parts, { written, rendered });
    const [only] = template.parts;
    if (template.parts.length === 1 && only?.type === 'name') return this.#named(only, written) ?? text;
    return this.#joined(template.parts, written);
  }

  #joined(parts: readonly TemplatePart[], written: readonly string[]): string {
    let joined = '';
    for (const part of parts) {
      joined += part.type === 'literal' ? part.text : String(this.#named(part, written) ?? '');
      if (joined.length <= limits.templateSizeBytes) continue;
      this.#report(written, 'must stay small', `the text becomes longer than ${limits.templateSizeBytes} characters`);
      return '';
    }
    const isSaidAlready = this.#leftBytes < 0;
    this.#leftBytes -= joined.length;
    if (this.#leftBytes >= 0) return joined;
    const reason = `the texts of the document become longer than ${limits.renderedSizeBytes} characters together`;
    if (!isSaidAlready) this.#report(written, 'must stay small', reason);
    return '';
  }

  /** The document gets the text around them; the parts say where they go. */
  #withSecrets(parts: readonly TemplatePart[], { written, rendered }: Place): string {
    const content: ContentPart[] = [];
    for (const part of parts) {
      const secret = secretNameOf(part);
      const text = secret === null ? this.#joined([part], written) : null;
      const last = content.at(-1);
      if (text === null) content.push({ secret: secret ?? '' });
      else if (typeof last === 'string') content[content.length - 1] = last + text;
      else content.push(text);
    }
    this.#secretContents[rendered.join('.')] = content;
    const around = content.filter((part) => typeof part === 'string').join('');
    if (around.length > limits.templateSizeBytes)
      this.#report(written, 'must stay small', `the text becomes longer than ${limits.templateSizeBytes} characters`);
    return around;
  }

  #named(
    { name, line }: TemplatePart & { readonly type: 'name' },
    written: readonly string[],
  ): TemplateValue | undefined {
    const { parameters, facts, instance } = this.#scope;
    if (name === 'instance') return instance;
    if (Object.hasOwn(parameters, name)) return parameters[name];
    const fact = name.startsWith('host.') ? name.slice('host.'.length) : undefined;
    if (fact !== undefined && Object.hasOwn(facts, fact)) return facts[fact];
    if (name.startsWith('secret.')) {
      this.#report(
        written,
        secretPlaceRule,
        `the template {{ ${name} }}${inLine(line)} is a secret, and it ${secretPlaceRule}`,
      );
      return undefined;
    }
    const known = ['instance', ...Object.keys(parameters), ...Object.keys(facts).map((key) => `host.${key}`)];
    const near = nearName(name, known);
    const listed = near === undefined ? `, the names are ${known.join(', ')}` : '';
    const reason = `the template {{ ${name} }}${inLine(line)} names nothing that is there${listed}`;
    this.#report(written, 'must name a parameter, a fact or the instance', reason, near);
    return undefined;
  }

  #report(written: readonly string[], rule: string, reason: string, near?: string): void {
    if (this.#problems.length >= limits.problemsReported) return;
    const path = written.join('.');
    this.#problems.push(
      problemOf({
        file: this.#located.file,
        at: positionOf(this.#located.positions, written),
        path,
        rule,
        sentence: `Cannot render ${quotedPath(path)}: ${reason}`,
        suggestion: near === undefined ? undefined : `{{ ${near} }}`,
      }),
    );
  }
}

function below({ written, rendered }: Place, key: string): Place {
  return { written: [...written, key], rendered: [...rendered, key] };
}

function inLine(line: number): string {
  return line === 1 ? '' : ` in its line ${line}`;
}
