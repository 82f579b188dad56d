/** The personas that ship: every one is a valid document, renders with its defaults, and says what its parameters are for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryReader } from '@guise/agent';
import { jsonSchema, renderPersona, resolvePersona } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const library = join(import.meta.dirname, '../../personas');
const documentsIn = (folder: string) =>
  readdirSync(join(library, folder)).flatMap((name) => (name.endsWith('.yaml') ? [join(folder, name)] : []));
const personas = [...documentsIn(''), ...documentsIn('examples')];

describe('personas/', () => {
  it('has the roles that DESIGN.md names', () => {
    expect(personas).toEqual(
      expect.arrayContaining([
        'blank.yaml',
        'database.yaml',
        'edge-web.yaml',
        'hardened.yaml',
        'load-balancer.yaml',
        'message-queue.yaml',
        'performance-testing.yaml',
        'web.yaml',
      ]),
    );
  });

  it.each(personas)('%s renders with its defaults', async (path) => {
    const persona = await resolvePersona(join(library, path), directoryReader());
    const { documents } = renderPersona(persona, { parameters: {}, facts: { hostname: 'h1' }, instance: 'i1' });
    expect(documents.at(-1)?.document.persona_id).toBe(path.replace(/^examples\/|\.yaml$/g, ''));
    expect(
      JSON.stringify(documents.map(({ document }) => [document.files, document.tests, document.health_checks])),
    ).not.toContain('{{');
  });

  it.each(personas)('%s passes the schema that editors use, and names it', (path) => {
    const text = readFileSync(join(library, path), 'utf8');
    const up = path.startsWith('examples/') ? '../' : './';
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${up}persona.schema.json`);
    expect(z.fromJSONSchema(jsonSchema()).safeParse(parse(text)).error?.issues ?? []).toEqual([]);
  });

  it('the schema for editors refuses what it can', () => {
    const schema = z.fromJSONSchema(jsonSchema());
    const head = { guise: 'persona/v1', persona_id: 'x' };
    expect(schema.safeParse(head).success).toBe(true);
    expect(schema.safeParse({ ...head, servces: {} }).success).toBe(false);
    expect(schema.safeParse({ ...head, files: { '/x': { mode: 644 } } }).success).toBe(false);
    expect(schema.safeParse({ ...head, files: { '/x': { mode: '{{ mode }}' } } }).success).toBe(true);
  });
});
