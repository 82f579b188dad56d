import { describe, expect, it } from 'vitest';
import { isTemplate, parseTemplate } from './template.ts';

const literal = (text: string) => ({ type: 'literal', text });
const name = (value: string, line = 1) => ({ type: 'name', name: value, line });

describe('parseTemplate', () => {
  it.each([
    ['', []],
    ['plain } } {', [literal('plain } } {')]],
    ['{{ a }}', [name('a')]],
    ['{{a}}{{ host.cpu-count }}', [name('a'), name('host.cpu-count')]],
    ['x {{ a }} y', [literal('x '), name('a'), literal(' y')]],
    ['1\n2 {{ a }}\n\n{{ b }}', [literal('1\n2 '), name('a', 2), literal('\n\n'), name('b', 4)]],
    ['\\{{ a }}', [literal('{{'), literal(' a }}')]],
    ['\\\\{{ a }}', [literal('\\'), name('a')]],
    ['\\\\\\{{ a }}', [literal('\\{{'), literal(' a }}')]],
    ['c:\\dir\\', [literal('c:\\dir\\')]],
  ])('%j', (text, parts) => {
    expect(parseTemplate(text)).toEqual({ type: 'parsed', parts });
  });

  it.each([
    '{{',
    '{{ a',
    '{{ a }',
    '{{}}',
    '{{ A }}',
    '{{ a b }}',
    '{{{ a }}}',
    '{{ a.b. }}',
    '{{ .Names }}',
    `{{ ${'a'.repeat(300)} }}`,
  ])('%j is malformed', (text) => {
    expect(parseTemplate(text)).toMatchObject({ type: 'malformed', line: 1 });
    expect(isTemplate(text)).toBe(true);
  });

  it('text with escapes only is no template', () => {
    expect(isTemplate('docker ps --format "\\{{ .Names }}"')).toBe(false);
  });
});
