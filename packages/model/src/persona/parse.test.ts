import { describe, expect, it } from 'vitest';
import { GuiseError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parseDocument } from './parse.ts';

const head = 'guise: persona/v1\npersona_id: web\n';

function refusal(input: string | Uint8Array): GuiseError {
  try {
    parseDocument(input, 'web.yaml');
  } catch (error) {
    if (error instanceof GuiseError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(input.slice(0, 200))}`);
}

function messages(input: string | Uint8Array): readonly string[] {
  return refusal(input).problems.map((problem) => problem.message);
}

describe('parseDocument', () => {
  it('gives the document with the position of every key and list entry', () => {
    const text = `${head}operating_system:\n    sysctl:\n        vm.swappiness: 10\nsoftware_stack:\n  - nginx\n  - curl=7.88.*\n`;
    expect(parseDocument(text, 'web.yaml')).toEqual({
      file: 'web.yaml',
      document: {
        guise: 'persona/v1',
        persona_id: 'web',
        operating_system: { sysctl: { 'vm.swappiness': 10 } },
        software_stack: ['nginx', 'curl=7.88.*'],
      },
      positions: {
        guise: [1, 1],
        persona_id: [2, 1],
        operating_system: [3, 1],
        'operating_system.sysctl': [4, 5],
        'operating_system.sysctl.vm.swappiness': [5, 9],
        software_stack: [6, 1],
        'software_stack.0': [7, 5],
        'software_stack.1': [8, 5],
      },
    });
  });

  it('reads JSON, indented by blanks or by tabs', () => {
    const document = {
      guise: 'persona/v1',
      persona_id: 'web',
      files: { '/etc/motd': { content: 'a\tb\n', mode: '0644' } },
    };
    for (const indent of [0, 2, '\t']) {
      expect(parseDocument(JSON.stringify(document, null, indent), 'web.json').document).toEqual(document);
    }
  });

  it('leaves out a byte order mark and takes Windows line ends', () => {
    const text = `\uFEFF${head.replaceAll('\n', '\r\n')}priority: 7\r\n`;
    const located = parseDocument(new TextEncoder().encode(text), 'web.yaml');
    expect(located.document.priority).toBe(7);
    expect(located.positions).toEqual({ guise: [1, 1], persona_id: [2, 1], priority: [3, 1] });
  });

  it('lets a template pass wherever a scalar or a key may stand, and nowhere else', () => {
    const text = `${head}required_cores: "{{ cores }}"\nfiles: {"/srv/{{ instance }}/x": {mode: "{{ mode }}"}}\nrisk_tolerance: "{{ risk }}"\n`;
    expect(parseDocument(text, 'web.yaml').document).toMatchObject({
      required_cores: '{{ cores }}',
      risk_tolerance: '{{ risk }}',
    });
    expect(messages(`${head}files: "{{ files }}"\n`)).toEqual([
      'Cannot set "files": the value must be a mapping, and it is "{{ files }}" (web.yaml:3:1)',
    ]);
    expect(messages(`guise: persona/v1\npersona_id: "{{ instance }}"\n`)).toEqual([
      'Cannot set "persona_id": the value must be lower-case letters, digits, ".", "_" or "-", at most 64, and it is "{{ instance }}" (web.yaml:2:1)',
    ]);
  });

  it('says all that is wrong, in the order of the text', () => {
    const text = `${head}servces: {}\nservices:\n  nginx.service:\n    state: runing\n    enabled: yes\nfiles:\n  etc/x: {}\n`;
    expect(messages(text)).toEqual([
      'Cannot set "servces": there is no such key; did you mean "services"? (web.yaml:3:1)',
      'Cannot set "services.nginx.service.state": the value must be "running" or "stopped", and it is "runing"; did you mean "running"? (web.yaml:6:5)',
      'Cannot set "services.nginx.service.enabled": the value must be true or false, and it is "yes" (web.yaml:7:5)',
      'Cannot set "files.etc/x": the key must be an absolute path without "..", "." or "//", and it is "etc/x" (web.yaml:9:3)',
    ]);
    expect(refusal(text).message).toMatch(/\(web\.yaml:3:1\); and 3 more$/);
    expect(refusal(text).problems[0]).toEqual({
      file: 'web.yaml',
      line: 3,
      column: 1,
      path: 'servces',
      rule: 'must be a key of the format',
      message: 'Cannot set "servces": there is no such key; did you mean "services"? (web.yaml:3:1)',
      suggestion: '"services"',
    });
  });

  it('reports a bounded number of problems', () => {
    const text = head + Array.from({ length: 1000 }, (_, index) => `wrong${index}: 1\n`).join('');
    const error = refusal(text);
    expect(error.problems).toHaveLength(limits.problemsReported);
    expect(error.message).toMatch(/and at least 49 more$/);
  });

  it('refuses a document of 10 MB before it looks inside', () => {
    for (const input of [
      new Uint8Array(10 * 1024 * 1024).fill(0x5b),
      '['.repeat(10 * 1024 * 1024),
      'é'.repeat(600_000),
    ]) {
      const error = refusal(input);
      expect(error.code).toBe('document_too_large');
      expect(error.message).toMatch(/^Cannot read web\.yaml: a document may have 1048576 bytes, and it has \d+$/);
    }
  });
});

describe('what parseDocument refuses', () => {
  it.each([
    ['mode: 0644', 'must be four octal digits in quotes, such as "0644", and it is 0644; did you mean "0644"?'],
    ['mode: 644', 'must be four octal digits in quotes, such as "0644", and it is 644; did you mean "0644"?'],
    ['mode: 0o644', 'must be four octal digits in quotes, such as "0644", and it is 0o644; did you mean "0644"?'],
    ['mode: "644"', 'must be four octal digits in quotes, such as "0644", and it is "644"'],
    ['mode: 9', 'must be four octal digits in quotes, such as "0644", and it is 9'],
  ])('%s', (text, expected) => {
    expect(messages(`${head}files:\n  /etc/x:\n    ${text}\n`)).toEqual([
      `Cannot set "files./etc/x.mode": the value ${expected} (web.yaml:5:5)`,
    ]);
  });

  it.each([
    ['aliases', 'a: &x 1\nb: *x', 'Cannot read the document: it must not have anchors, and it has "&x" (web.yaml:1:4)'],
    ['an alias alone', 'b: *x', 'Cannot read the document: it must not have aliases, and it has "*x" (web.yaml:1:4)'],
    ['tags', 'a: !!str 1', 'Cannot read the document: it must not have tags, and it has "!!str" (web.yaml:1:4)'],
    [
      'directives',
      '%YAML 1.1\n---\na: 1',
      'Cannot read the document: it must not have directives, and it has "%YAML 1.1" (web.yaml:1:1)',
    ],
    [
      'two documents',
      `${head}---\na: 1`,
      'Cannot read the document as YAML: a second document begins here (web.yaml:3:1)',
    ],
    [
      'tabs as indentation',
      'a:\n\tb: 1',
      'Cannot read the document as YAML: Tabs are not allowed as indentation (web.yaml:2:1)',
    ],
    ['nothing', '', 'Cannot read the document: it must be a mapping, and it is empty (web.yaml:1:1)'],
    ['a list', '[1, 2]', 'Cannot read the document: it must be a mapping, and it is a list (web.yaml:1:1)'],
    [
      'NUL',
      'a: "x\0y"',
      'Cannot read the document: it must be UTF-8 text without control characters, and it has the control character U+0000 (web.yaml:1:6)',
    ],
    [
      'half of a surrogate pair',
      'a: "\ud800"',
      'Cannot read the document: it must be UTF-8 text without control characters, and it has half of a surrogate pair (web.yaml:1:5)',
    ],
    [
      'an escaped NUL',
      `${head}persona_name: "a\\0b"`,
      'Cannot set "persona_name": the value must be text without NUL and with whole surrogate pairs, and it has a NUL (web.yaml:3:15)',
    ],
    [
      'an escaped half',
      `${head}persona_name: "\\ud800"`,
      'Cannot set "persona_name": the value must be text without NUL and with whole surrogate pairs, and it has half of a pair (web.yaml:3:15)',
    ],
    [
      'a key twice',
      `${head}services: {}\nservices: {}`,
      'Cannot set "services": the key stands here twice, first at web.yaml:3:1 (web.yaml:4:1)',
    ],
    [
      'a merge key',
      `${head}<<: {priority: 1}`,
      'Cannot read a key of the document: the key must not be a merge key (a persona builds on others by "extends"), and it is "<<" (web.yaml:3:1)',
    ],
    [
      '__proto__',
      `${head}files: {__proto__: {}}`,
      'Cannot read a key of "files": the key must not be "__proto__", and it is "__proto__" (web.yaml:3:9)',
    ],
    [
      'a key that is a number',
      `${head}files: {80: {}}`,
      'Cannot read a key of "files": the key must be text, and it is 80; did you mean "80"? (web.yaml:3:9)',
    ],
    [
      'a template without quotes',
      `${head}required_cores: {{ cores }}`,
      'Cannot read a key of "required_cores": the key must be text, and it is a mapping; did you mean "{{ cores }}" in quotes? (web.yaml:3:18)',
    ],
    [
      'an open template',
      `${head}persona_groups: [a]\nrisk_tolerance: "{{ x"`,
      'Cannot set "risk_tolerance": the text has "{{" without "}}"; write \\{{ for two braces as they are (web.yaml:4:1)',
    ],
    [
      'logic in a template',
      `${head}files:\n  /x:\n    content: |\n      a\n      {{#if x}}\n`,
      'Cannot set "files./x.content": the text in its line 2 has "{{#if x}}", which is no template; write \\{{ for two braces as they are (web.yaml:5:5)',
    ],
    [
      'a number where text belongs',
      `${head}persona_name: 12`,
      'Cannot set "persona_name": the value must be text, and it is 12; did you mean "12"? (web.yaml:3:1)',
    ],
    [
      'text where a number belongs',
      `${head}priority: "12"`,
      'Cannot set "priority": the value must be a whole number from 0 to 1000, and it is "12"; did you mean 12 without quotes? (web.yaml:3:1)',
    ],
    [
      'too large a number',
      `${head}priority: 1001`,
      'Cannot set "priority": the value must be a whole number from 0 to 1000, and it is 1001 (web.yaml:3:1)',
    ],
    [
      'a number no double holds',
      `${head}priority: 9007199254740993`,
      'Cannot set "priority": the value must be a number that a double holds exactly, and it is 9007199254740993 (web.yaml:3:11)',
    ],
    [
      'infinity',
      `${head}required_cores: .inf`,
      'Cannot set "required_cores": the value must be a number that a double holds exactly, and it is .inf (web.yaml:3:17)',
    ],
    [
      'a parent outside',
      `${head}extends: [../base.yaml]`,
      'Cannot set "extends.0": the value must be a persona id, or a path such as "./base.yaml" below the folder of this document, and it is "../base.yaml" (web.yaml:3:11)',
    ],
    [
      'a way round to outside',
      `${head}extends: [./a/../../base.yaml]`,
      'Cannot set "extends.0": the value must be a persona id, or a path such as "./base.yaml" below the folder of this document, and it is "./a/../../base.yaml" (web.yaml:3:11)',
    ],
    [
      'a wrong port',
      `${head}network_configuration: {firewall: {allow: [{port: 70000}]}}`,
      'Cannot set "network_configuration.firewall.allow.0.port": the value must be a whole number from 1 to 65535, and it is 70000 (web.yaml:3:45)',
    ],
    [
      'a wrong unit of time',
      `${head}data: [{path: /srv, mover: btrfs, interval: 30 s}]`,
      'Cannot set "data.0.interval": the value must be a number and ms, s, m, h or d, such as "30s", and it is "30 s" (web.yaml:3:35)',
    ],
    [
      'two triggers in one',
      `${head}activation_triggers: {time_schedule: {}, not: {any: [{time_schedule: {}}]}}`,
      'Cannot set "activation_triggers": the value must have exactly one key: any, all, not or one trigger, and it is {time_schedule, not} (web.yaml:3:1)',
    ],
    [
      'a shorthand for nothing',
      `${head}configuration_parameters: {swappiness: 1}`,
      'Cannot set "configuration_parameters.swappiness": the key must begin with "sysctl." or "package.", or be "service.NAME.state" or "service.NAME.enabled", and it is "swappiness" (web.yaml:3:28)',
    ],
    [
      'a default outside its range',
      `${head}parameters: {n: {type: integer, default: 0, minimum: 1}}`,
      'Cannot set "parameters.n.default": the value must be at least 1, and it is 0 (web.yaml:3:33)',
    ],
    [
      'a pattern RE2 cannot have',
      `${head}parameters: {n: {type: string, pattern: "(?=a)"}}`,
      'Cannot set "parameters.n.pattern": the value must be an RE2 regular expression, without look-around or back-references, and it is "(?=a)" (web.yaml:3:32)',
    ],
    [
      'content and source',
      `${head}files: {/x: {content: a, source: b}}`,
      'Cannot set "files./x.source": the value must not stand beside "content", and it is "b" (web.yaml:3:26)',
    ],
  ])('%s', (_, text, expected) => {
    expect(messages(text)).toContain(expected);
  });

  it.each(['/etc/../shadow', '/etc/./x', '/etc//x', 'etc/x', '/etc/', '/', '/..', '/etc/x\ny'])('path %j', (path) => {
    expect(messages(`${head}files: {${JSON.stringify(path)}: {}}`)).toHaveLength(1);
  });

  it.each(['/etc/shadow', '../x', 'a/../../x', './../x', 'a//b', '', 'a/', '{{ x }}', 'a\u0001'])(
    'source %j',
    (source) => {
      expect(refusal(`${head}files: {/x: {source: ${JSON.stringify(source)}}}`).code).toBe('document_invalid');
    },
  );

  it('bytes that are not UTF-8, with their position', () => {
    const bytes = new Uint8Array([...new TextEncoder().encode(`${head}persona_name: "é`), 0xff, 0x22]);
    expect(messages(bytes)).toEqual([
      'Cannot read the document: it must be UTF-8 text without control characters, and it has a byte that is not UTF-8 (web.yaml:3:17)',
    ]);
    expect(refusal(new Uint8Array([0xff, 0xfe, 0x61, 0x00])).code).toBe('document_invalid');
  });
});

describe('bombs', () => {
  const size = limits.documentSizeBytes - 1;
  const filled = (unit: string) => unit.repeat(Math.floor(size / unit.length));

  it.each(['[', '{', '- ', '? ', 'a: {', '[a\n'])('%j as often as it fits is nested too deep', (unit) => {
    expect(messages(filled(unit))).toEqual([
      expect.stringContaining('it must be nested at most 32 deep, and it is deeper'),
    ]);
  });

  it('indentation that never ends is nested too deep', () => {
    const text = Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(messages(text)).toEqual([expect.stringContaining('it must be nested at most 32 deep')]);
  });

  it('33 levels are one too many, and the place is named', () => {
    expect(messages('{a: '.repeat(33) + '}'.repeat(33))).toEqual([expect.stringContaining('(web.yaml:1:129)')]);
    const trigger = (depth: number) =>
      `${head}activation_triggers: ${'{not: '.repeat(depth)}{user_profile_association: {user: a}}${'}'.repeat(depth)}`;
    expect(parseDocument(trigger(30), 'web.yaml').document.persona_id).toBe('web');
    expect(messages(trigger(31)).join()).toContain('nested at most 32 deep');
  });

  it.each(['-\n', '"', '#\n', '\n', ': ', '---\n'])('%j as often as it fits has too many tokens', (unit) => {
    expect(messages(filled(unit))).toEqual([
      expect.stringContaining('it must have at most 400000 YAML tokens, and it has more'),
    ]);
  });

  it('too many values', () => {
    expect(messages(`${head}persona_groups: [${'a,'.repeat(60_000)}]`)).toEqual([
      expect.stringContaining('it must have at most 50000 values, and it has more (web.yaml:3:'),
    ]);
  });

  it('a thousand laughs', () => {
    const lines = Array.from(
      { length: 10 },
      (_, index) =>
        `l${index}: &l${index} [${Array(10)
          .fill(`*l${index - 1}`)
          .join(', ')}]`,
    );
    expect(messages(lines.join('\n'))).toEqual([
      'Cannot read the document: it must not have anchors, and it has "&l0" (web.yaml:1:5)',
    ]);
  });
});
