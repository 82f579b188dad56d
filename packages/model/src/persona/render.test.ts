import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { parseDocument } from './parse.ts';
import { type RenderContext, renderPersona } from './render.ts';
import type { PersonaDocument } from './schema.ts';

const head = 'guise: persona/v1\npersona_id: web\n';
const context: RenderContext = { parameters: {}, facts: { hostname: 'h1', cpu_count: 4 }, instance: 'tenant-a' };

function rendered(text: string, overrides: Partial<RenderContext> = {}): PersonaDocument {
  const persona = { own: parseDocument(text, 'web.yaml'), ancestors: [] };
  return renderPersona(persona, { ...context, ...overrides }).documents.at(-1)!.document;
}

function refusal(text: string, overrides: Partial<RenderContext> = {}): GuiseError {
  try {
    rendered(text, overrides);
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('renderPersona', () => {
  it('gives a lone template the type of what it names, and text inside text', () => {
    const text = `${head}parameters: {cores: {type: integer, default: 2}}\nrequired_cores: "{{ cores }}"\npersona_name: x\ncategory: y\nfiles: {/etc/x: {content: "{{ cores }} of {{ host.cpu_count }} on {{ host.hostname }} for {{ instance }}"}}`;
    expect(rendered(text)).toMatchObject({
      required_cores: 2,
      files: { '/etc/x': { content: '2 of 4 on h1 for tenant-a' } },
    });
  });

  it('gives text where text is required', () => {
    const text = `${head}parameters: {cores: {type: integer, default: 2}, on: {type: boolean, default: true}}\ncommands: [{name: a, check: [test, "{{ cores }}"], do: [x, "{{ on }}"]}]\nfiles: {/x: {content: "{{ cores }}"}}\nservices: {a.service: {enabled: "{{ on }}"}}`;
    expect(rendered(text)).toMatchObject({
      commands: [{ check: ['test', '2'], do: ['x', 'true'] }],
      files: { '/x': { content: '2' } },
      services: { 'a.service': { enabled: true } },
    });
  });

  it('never renders twice', () => {
    const payload = '{{ instance }} \\{{ x';
    const text = `${head}parameters: {p: {type: string}}\nfiles: {/x: {content: "{{ p }}"}, /y: {content: "a{{ p }}b"}}`;
    expect(rendered(text, { parameters: { p: payload } }).files).toEqual({
      '/x': { content: payload },
      '/y': { content: `a${payload}b` },
    });
  });

  it('renders keys and keeps the position at which the author wrote them', () => {
    const persona = {
      own: parseDocument(`${head}files:\n  "/srv/{{ instance }}/x": {mode: "0644"}\n`, 'web.yaml'),
      ancestors: [],
    };
    const [located] = renderPersona(persona, context).documents;
    expect(located?.document.files).toEqual({ '/srv/tenant-a/x': { mode: '0644' } });
    expect(located?.positions['files./srv/tenant-a/x.mode']).toEqual([4, 29]);
  });

  it.each(['../../etc', 'a/../../etc', 'a//b', '', 'a\nb'])(
    'refuses a path that the parameter %j leads elsewhere',
    (p) => {
      const text = `${head}parameters: {p: {type: string}}\nfiles:\n  "/srv/{{ p }}/x": {}\n`;
      const error = refusal(text, { parameters: { p } });
      expect(error.code).toBe('document_invalid');
      expect(error.message).toBe(
        `Cannot set ${JSON.stringify(`files./srv/${p}/x`)}: the key must be an absolute path without "..", "." or "//", and it is ${JSON.stringify(`/srv/${p}/x`)} (web.yaml:5:3)`,
      );
    },
  );

  it('holds what it rendered to every rule', () => {
    const text = `${head}parameters: {p: {type: string}}\nservices: {a.service: {state: "{{ p }}"}}`;
    expect(refusal(text, { parameters: { p: 'up' } }).message).toBe(
      'Cannot set "services.a.service.state": the value must be "running" or "stopped", and it is "up" (web.yaml:4:24)',
    );
    expect(rendered(text, { parameters: { p: 'stopped' } }).services).toEqual({ 'a.service': { state: 'stopped' } });
  });

  it('refuses two keys that become one', () => {
    const text = `${head}files: {"/srv/{{ instance }}": {}, /srv/tenant-a: {}}`;
    expect(refusal(text).message).toBe(
      'Cannot render "files./srv/tenant-a": the key becomes "/srv/tenant-a", which stands there already (web.yaml:3:36)',
    );
  });

  it('leaves the fixed fields as they are', () => {
    const text = `${head}description: "write {{ name }} to use it"\nparameters: {name: {type: string, default: "{{ x }}", description: "{{ y }}"}}`;
    expect(rendered(text)).toMatchObject({
      description: 'write {{ name }} to use it',
      parameters: { name: { default: '{{ x }}' } },
    });
  });

  it.each([
    [
      '{{ wrokers }}',
      'Cannot render "files./x.content": the template {{ wrokers }} names nothing that is there; did you mean {{ workers }}? (web.yaml:4:14)',
    ],
    [
      '{{ host.hostnam }}',
      'Cannot render "files./x.content": the template {{ host.hostnam }} names nothing that is there; did you mean {{ host.hostname }}? (web.yaml:4:14)',
    ],
    [
      '{{ zzzzzzzz }}',
      'Cannot render "files./x.content": the template {{ zzzzzzzz }} names nothing that is there, the names are instance, workers, host.hostname, host.cpu_count (web.yaml:4:14)',
    ],
    [
      '{{ constructor }}',
      'Cannot render "files./x.content": the template {{ constructor }} names nothing that is there, the names are instance, workers, host.hostname, host.cpu_count (web.yaml:4:14)',
    ],
  ])('%s', (content, message) => {
    const error = refusal(
      `${head}parameters: {workers: {type: integer, default: 1}}\nfiles: {/x: {content: "${content}"}}`,
    );
    expect(error.code).toBe('template_invalid');
    expect(error.message).toBe(message);
  });

  it('bounds what templates grow to', () => {
    const parameters = { p: 'x'.repeat(1024) };
    const big = `"${'{{p}}'.repeat(2000)}"`;
    const text = (files: string) => `${head}parameters: {p: {type: string}}\nfiles: {${files}}`;
    expect(refusal(text(`/x: {content: ${big}}`), { parameters }).message).toBe(
      'Cannot render "files./x.content": the text becomes longer than 1048576 characters (web.yaml:4:14)',
    );
    const half = `"${'{{p}}'.repeat(1000)}"`;
    const many = Array.from({ length: 20 }, (_, index) => `/x${index}: {content: ${half}}`).join(',');
    expect(refusal(text(many), { parameters }).problems.map((problem) => problem.message)).toEqual([
      expect.stringMatching(/the texts of the document become longer than 16777216 characters together/),
    ]);
  });
});

describe('parameters', () => {
  const text = `${head}parameters:\n  workers: {type: integer, minimum: 1, maximum: 8}\n  size: {type: string, enum: [small, large], default: small}\n  host: &no`;
  const good = `${head}parameters:\n  workers: {type: integer, minimum: 1, maximum: 8}\n  size: {type: string, enum: [small, large], default: small}\n  tag: {type: string, pattern: "^[a-z]+$", default: a}\n  ratio: {type: number, default: 0.5}\n`;

  it('fills in defaults', () => {
    const persona = { own: parseDocument(good, 'web.yaml'), ancestors: [] };
    expect(renderPersona(persona, { ...context, parameters: { workers: 3 } }).parameters).toEqual({
      workers: 3,
      size: 'small',
      tag: 'a',
      ratio: 0.5,
    });
    expect(() => parseDocument(text, 'web.yaml')).toThrow(GuiseError);
  });

  it.each([
    [
      {},
      'Cannot set parameter "workers": the value must be given (integer), because it has no default, and it is missing (web.yaml:4:3)',
    ],
    [{ workers: 9 }, 'Cannot set parameter "workers": the value must be 1 to 8, and it is 9 (web.yaml:4:3)'],
    [
      { workers: 1.5 },
      'Cannot set parameter "workers": the value must be a whole number, and it is 1.5 (web.yaml:4:3)',
    ],
    [
      { workers: '3' },
      'Cannot set parameter "workers": the value must be a whole number, and it is "3" (web.yaml:4:3)',
    ],
    [
      { workers: 1, size: 'huge' },
      'Cannot set parameter "size": the value must be one of "small", "large", and it is "huge" (web.yaml:5:3)',
    ],
    [
      { workers: 1, tag: 'A' },
      'Cannot set parameter "tag": the value must match ^[a-z]+$, and it is "A" (web.yaml:6:3)',
    ],
    [
      { workers: 1, tag: 'a'.repeat(1025) },
      `Cannot set parameter "tag": the value must have at most 1024 characters, and it is "${'a'.repeat(80)}" (web.yaml:6:3)`,
    ],
    [
      { workers: 1, ratio: Number.NaN },
      'Cannot set parameter "ratio": the value must be a number, and it is null (web.yaml:7:3)',
    ],
    [
      { workers: 1, wrokers: 2 },
      'Cannot set parameter "wrokers": web has no such parameter; did you mean "workers"? (web.yaml:3:1)',
    ],
    [
      { workers: 1, zzzzzzzz: 2 },
      'Cannot set parameter "zzzzzzzz": web has no such parameter, the parameters are workers, size, tag, ratio (web.yaml:3:1)',
    ],
  ])('%j', (parameters, message) => {
    const error = refusal(good, { parameters });
    expect(error.code).toBe('parameter_invalid');
    expect(error.message).toBe(message);
  });

  it('a pattern that would keep a backtracking matcher busy for years is done at once', () => {
    const evil = `${head}parameters: {p: {type: string, pattern: "^(a+)+(a+)+(a+)+$"}}\n`;
    expect(refusal(evil, { parameters: { p: `${'a'.repeat(1000)}!` } }).code).toBe('parameter_invalid');
  });

  it('a child replaces the definition of its ancestor, for the ancestor’s templates too', () => {
    const base = parseDocument(
      'guise: persona/v1\npersona_id: base\nparameters: {n: {type: integer, default: 1, maximum: 2}}\nrequired_cores: "{{ n }}"\n',
      'base.yaml',
    );
    const own = parseDocument(`${head}parameters: {n: {type: integer, default: 5}}\n`, 'web.yaml');
    const { documents } = renderPersona({ own, ancestors: [base] }, context);
    expect(documents.map(({ document }) => document.required_cores)).toEqual([5, undefined]);
  });
});
