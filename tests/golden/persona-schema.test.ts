/**
 * The JSON Schema that editors use is committed beside the personas. To write it anew:
 * `node -p 'JSON.stringify((await import("@guise/model/documents")).jsonSchema())' > personas/persona.schema.json`, then `biome format --write personas`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema } from '@guise/model/documents';
import { describe, expect, it } from 'vitest';

describe('personas/persona.schema.json', () => {
  it('is the schema of the document', () => {
    const committed = readFileSync(join(import.meta.dirname, '../../personas/persona.schema.json'), 'utf8');
    expect(JSON.parse(committed)).toEqual(jsonSchema());
  });
});
