/** What a template is replaced by is never looked at again, and what the author escaped stays as the author meant it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { parseDocument } from './parse.ts';
import { renderPersona } from './render.ts';

const trap = fc.constantFrom(
  '{{',
  '}}',
  '{{ a }}',
  '{{ instance }}',
  '\\{{',
  '\\',
  '{',
  '}',
  '\n',
  '{{ secret.x }}',
  '$&',
  '$1',
);
const payload = fc
  .array(fc.oneof(trap, fc.string({ unit: 'grapheme', maxLength: 8 })), { maxLength: 12 })
  .map((parts) => parts.join(''))
  .filter((text) => text.isWellFormed() && !text.includes('\0') && text.length <= 1024);

function renderedContent(content: string, a: string): string | undefined {
  const document = {
    guise: 'persona/v1',
    persona_id: 'x',
    parameters: { a: { type: 'string' } },
    files: { '/x': { content } },
  };
  const own = parseDocument(JSON.stringify(document), 'x.json');
  const { documents } = renderPersona({ own, ancestors: [] }, { parameters: { a }, facts: {}, instance: 'i' });
  return documents[0]?.document.files?.['/x']?.content;
}

describe('renderPersona', () => {
  it('puts a payload in as it is', () => {
    fc.assert(
      fc.property(payload, (a) => {
        expect(renderedContent('{{ a }}', a)).toBe(a);
        expect(renderedContent('<{{a}}|{{ instance }}|{{ a }}>', a)).toBe(`<${a}|i|${a}>`);
      }),
    );
  });

  it('gives escaped text as it was before it was escaped', () => {
    fc.assert(
      fc.property(payload, (text) => {
        const escaped = text.replaceAll(/(\\*)\{\{/g, (_, backslashes: string) => `${backslashes}${backslashes}\\{{`);
        expect(renderedContent(`${escaped}`, 'unused')).toBe(text);
      }),
    );
  });

  it('renders any text or refuses it', () => {
    fc.assert(
      fc.property(payload, payload, (content, a) => {
        expect(['text', 'template_invalid', 'document_invalid']).toContain(outcomeOf(content, a));
      }),
    );
  });
});

function outcomeOf(content: string, a: string): string {
  try {
    return typeof renderedContent(content, a) === 'string' ? 'text' : 'nothing';
  } catch (error) {
    if (error instanceof GuiseError) return error.code;
    throw error;
  }
}
