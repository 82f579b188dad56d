/** Whatever bytes arrive, they are a document or a GuiseError that can be printed; and a document survives being written again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { GuiseError } from '../errors.ts';
import { limits } from '../limits.ts';
import { parseDocument } from './parse.ts';
import type { LocatedDocument } from './resolved.ts';

const seedDocument = `guise: persona/v1
persona_id: web
extends: [hardened]
parameters: {workers: {type: integer, default: 4, minimum: 1}}
required_cores: 2
configuration_parameters: {sysctl.vm.swappiness: 10}
operating_system: {sysctl: {net.core.somaxconn: {at_least: 4096}}, mounts: [], modules: []}
software_stack: [nginx, "curl=7.88.*"]
files: {/etc/nginx/conf.d/site.conf: {content: "{{ workers }}", mode: "0644"}}
services: {nginx.service: {state: running, enabled: true, reload_on: ["file:/etc/nginx/**"]}}
network_configuration: {firewall: {allow: [{port: 80}]}, routes: [], vlans: [], addresses: []}
health_checks: [{http: "http://localhost/healthz", every: 2s, fail_after: 3}]
activation_triggers: {any: [{time_schedule: {cron: "0 8 * * 1-5", duration: 10h}}]}
`;

type Result = { readonly located: LocatedDocument } | { readonly refusal: GuiseError };

/** Any other exception goes on to the test. */
function resultOf(input: string | Uint8Array): Result {
  try {
    return { located: parseDocument(input, 'x.yaml') };
  } catch (error) {
    if (error instanceof GuiseError) return { refusal: error };
    throw error;
  }
}

/** What is wrong with a result, in words; none is right. */
function wrongWith(result: Result): readonly string[] {
  if ('located' in result) {
    const positions = Object.entries(result.located.positions).filter(([, [line, column]]) => line < 1 || column < 1);
    return result.located.document.guise === 'persona/v1' ? positions.map(([path]) => path) : ['guise'];
  }
  const { code, problems } = result.refusal;
  const unlocated = problems.filter(({ message, line, column }) => !message.includes(`(x.yaml:${line}:${column})`));
  const unclear = problems.filter(({ message }) => /undefined|\[object|Invalid input/.test(message));
  return [
    ...(code === 'document_invalid' && problems.length > 0 ? [] : [code]),
    ...(problems.length > limits.problemsReported ? ['too many problems'] : []),
    ...[...unlocated, ...unclear].map(({ message }) => message),
  ];
}

function parsedOrRefused(input: string | Uint8Array): void {
  expect(wrongWith(resultOf(input))).toEqual([]);
}

/** A document with a piece cut out, doubled, or replaced. */
const mutated = fc
  .tuple(
    fc.nat(seedDocument.length),
    fc.nat(40),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '{',
        '[',
        '- ',
        ': ',
        '&a ',
        '*a',
        '!!x ',
        '"',
        "'",
        '|',
        '\n',
        '\t',
        '{{',
        '}}',
        '---\n',
        '<<: ',
        '\0',
      ),
    ),
  )
  .map(([at, length, piece]) => seedDocument.slice(0, at) + piece + seedDocument.slice(at + length));

const key = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    'guise',
    'persona_id',
    'files',
    'services',
    'parameters',
    'extends',
    'constructor',
    'toString',
    'hasOwnProperty',
    '/etc/x',
    'content',
    'mode',
  ),
);

describe('parseDocument', () => {
  it('takes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), parsedOrRefused), { numRuns: 500 });
  });

  it('takes any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), parsedOrRefused), { numRuns: 500 });
  });

  it('takes any JSON under the facets', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    const document = fc
      .dictionary(key, value, { maxKeys: 8 })
      .map((entries) => JSON.stringify({ guise: 'persona/v1', persona_id: 'x', ...entries }));
    fc.assert(fc.property(document, parsedOrRefused), { numRuns: 500 });
  });

  it('takes a document with a piece changed', () => {
    fc.assert(fc.property(mutated, parsedOrRefused), { numRuns: 500 });
  });

  it('gives again what was written', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .filter((each) => !each.includes('{{') && !each.includes('\0') && each.isWellFormed());
    const segment = fc.stringMatching(/^[a-zA-Z0-9_ é-]{1,12}$/);
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    const document = fc.record(
      {
        guise: fc.constant('persona/v1' as const),
        persona_id: fc.stringMatching(/^[a-z0-9]{1,20}$/),
        description: text,
        priority: fc.integer({ min: 0, max: 1000 }),
        required_cores: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        files: fc.dictionary(
          path,
          fc.record({ content: text, mode: fc.stringMatching(/^[0-7]{4}$/) }, { requiredKeys: [] }),
        ),
        operating_system: fc.record({
          sysctl: fc.dictionary(
            fc.stringMatching(/^[a-z]{1,5}\.[a-z_]{1,9}$/),
            fc.oneof(fc.integer(), fc.record({ at_least: fc.integer() })),
          ),
        }),
        tests: fc.array(fc.record({ name: fc.constant('t'), command: fc.array(text, { minLength: 1, maxLength: 4 }) })),
      },
      { requiredKeys: ['guise', 'persona_id'] },
    );
    fc.assert(
      fc.property(document, (written) => {
        expect(parseDocument(stringify(written), 'x.yaml').document).toEqual(written);
        expect(parseDocument(JSON.stringify(written), 'x.json').document).toEqual(JSON.parse(JSON.stringify(written)));
      }),
      { numRuns: 300 },
    );
  });
});
