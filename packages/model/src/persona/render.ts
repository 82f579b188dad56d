/**
 * Puts parameters, facts and the instance name into a persona's templates, and then holds the result to every rule.
 *
 * Shape: a resolved persona → its documents, ancestors first, without templates and without the flat shorthand.
 * A value that is one template and nothing else takes the type of what it names, unless text is required there; a template
 * inside text gives text. Keys are rendered too, so paths are checked only here for good.
 * Throws: `parameter_invalid`, `template_invalid`, `document_invalid`.
 */
import type { Problem } from '../errors.ts';
import { normalizeConfigurationParameters } from './configuration-parameters.ts';
import { renderDocument, type Scope } from './document-renderer.ts';
import { valueAt } from './issues.ts';
import { type ParameterValues, parameterValues } from './parameters.ts';
import { errorOf } from './problem.ts';
import type { Facts, LocatedDocument, ResolvedPersona } from './resolved.ts';
import type { PersonaDocument } from './schema.ts';
import type { TemplateValue } from './template.ts';
import { documentProblems, schemaFindings } from './validate.ts';

export interface RenderContext {
  /** As given; defaults are filled in. */
  readonly parameters: ParameterValues;
  readonly facts: Facts;
  readonly instance: string;
}

export interface RenderedPersona {
  /** Ancestors first, furthest first; the persona itself last. No templates, no `configuration_parameters`. */
  readonly documents: readonly LocatedDocument[];
  /** Every parameter with its value. */
  readonly parameters: ParameterValues;
}

export function renderPersona(persona: ResolvedPersona, context: RenderContext): RenderedPersona {
  const parameters = parameterValues(persona, context.parameters);
  const scope: Scope = { parameters, facts: context.facts, instance: context.instance };
  const rendered = [...persona.ancestors, persona.own].map((located) => renderDocument(located, scope));
  refuse(
    'template_invalid',
    rendered.flatMap(({ problems }) => problems),
  );
  const checked = rendered.map(({ file, value, positions, typed, secretContents }) => {
    const document = withTextWhereNeeded(value, typed);
    const problems = documentProblems({ file, value: document, positions, sources: new Map() }, 'refuse');
    return { file, document: document as PersonaDocument, positions, secretContents, problems };
  });
  refuse(
    'document_invalid',
    checked.flatMap(({ problems }) => problems),
  );
  const documents = checked.map(({ file, document, positions, secretContents }) => ({
    ...normalizeConfigurationParameters({ file, document, positions }),
    ...(Object.keys(secretContents).length > 0 ? { secretContents } : {}),
  }));
  return { documents, parameters };
}

/** `--cpu`, `"{{ workers }}"` in an argument vector: the integer becomes text because the schema wants text there. */
function withTextWhereNeeded(value: unknown, typed: ReadonlyMap<string, TemplateValue>): unknown {
  if (typed.size === 0) return value;
  const copy = structuredClone(value);
  for (const { path, wantsText } of schemaFindings(value)) {
    const given = wantsText ? typed.get(path.join('.')) : undefined;
    const parent = valueAt(copy, path.slice(0, -1));
    const key = path.at(-1);
    if (given === undefined || key === undefined || typeof parent !== 'object' || parent === null) continue;
    (parent as Record<PropertyKey, unknown>)[key] = String(given);
  }
  return copy;
}

function refuse(code: 'template_invalid' | 'document_invalid', problems: readonly Problem[]): void {
  if (problems.length > 0) throw errorOf(code, problems);
}
