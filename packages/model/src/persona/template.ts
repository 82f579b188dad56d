/**
 * Templates without logic: `{{ name }}`, `{{ host.fact }}`, `{{ instance }}`, `{{ secret.name }}`, and nothing else.
 *
 * `\{{` stands for two braces as they are; before `{{`, `\\` stands for one backslash. All other text is literal.
 * What a template is replaced by is never read again, so a value that looks like a template stays as it is.
 * Source: ../shared/DESIGN.md "The persona document".
 */
export type TemplateValue = string | number | boolean;

export type TemplatePart =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'name'; readonly name: string; readonly line: number };

export type ParsedTemplate =
  | { readonly type: 'parsed'; readonly parts: readonly TemplatePart[] }
  /** `line` counts from 1 inside the text. */
  | { readonly type: 'malformed'; readonly line: number; readonly reason: string };

const namePattern = /^[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_-]*)*$/;
const nameChars = 200;

export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let from = 0;
  let line = 1;
  for (let at = text.indexOf('{{'); at !== -1; at = text.indexOf('{{', from)) {
    let firstBackslash = at;
    while (firstBackslash > from && text[firstBackslash - 1] === '\\') firstBackslash -= 1;
    const backslashes = at - firstBackslash;
    const before = text.slice(from, firstBackslash) + '\\'.repeat(Math.floor(backslashes / 2));
    line += newlines(before);
    from = at + 2;
    if (backslashes % 2 === 1) {
      parts.push({ type: 'literal', text: `${before}{{` });
      continue;
    }
    const end = text.slice(from, from + nameChars).indexOf('}}');
    if (end === -1)
      return { type: 'malformed', line, reason: 'has "{{" without "}}"; write \\{{ for two braces as they are' };
    const name = text.slice(from, from + end).trim();
    if (!namePattern.test(name)) {
      const reason = `has ${JSON.stringify(`{{${text.slice(from, from + end)}}}`)}, which is no template; write \\{{ for two braces as they are`;
      return { type: 'malformed', line, reason };
    }
    parts.push({ type: 'literal', text: before }, { type: 'name', name, line });
    from += end + 2;
  }
  parts.push({ type: 'literal', text: text.slice(from) });
  return { type: 'parsed', parts: parts.filter((part) => part.type === 'name' || part.text !== '') };
}

/** Whether rendering would replace anything, or fail. */
export function isTemplate(text: string): boolean {
  if (!text.includes('{{')) return false;
  const template = parseTemplate(text);
  return template.type === 'malformed' || template.parts.some((part) => part.type === 'name');
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
