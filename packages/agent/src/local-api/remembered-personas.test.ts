/** One set of files, remembered in memory, on disk and by way of another process: always what the files say now. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layerOf } from '@guise/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompiledLayers } from '../engine/compiled-layers.ts';
import { KeptValues } from '../host/kept-values.ts';
import { directoryReader } from '../host/persona-reader.ts';
import type { Errand, MakeElsewhere } from '../make-elsewhere.ts';
import { RememberedPersonas } from './remembered-personas.ts';

const facts = { hostname: 'h1' };

describe('what a host remembers of personas', () => {
  let folder = '';
  const keptFolder = () => join(folder, 'kept');
  const kept = () => new KeptValues({ directory: keptFolder(), madeBy: 'test' });
  const file = () => join(folder, 'web.yaml');
  const write = (motd: string) => {
    writeFileSync(
      file(),
      `guise: persona/v1\npersona_id: web\npersona_name: Web\nfiles: {/etc/motd: {source: motd.txt, mode: "0644"}}\n`,
    );
    writeFileSync(join(folder, 'motd.txt'), motd);
  };
  const motdOf = async (personas: RememberedPersonas) =>
    (await personas.resolve(file())).own.document.files?.['/etc/motd']?.content;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guise-remembered-'));
    write('one');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(['memory', 'disk'])('is what the files say, each time (%s)', async (where) => {
    const inMemory = new RememberedPersonas(directoryReader(), null);
    const personas = () => (where === 'memory' ? inMemory : new RememberedPersonas(directoryReader(), kept()));
    expect(await motdOf(personas())).toBe('one');
    expect(await motdOf(personas())).toBe('one');
    write('two');
    expect(await motdOf(personas())).toBe('two');
    rmSync(join(folder, 'motd.txt'));
    await expect(motdOf(personas())).rejects.toThrow('motd.txt');
  });

  it('is the same persona from disk as from its files', async () => {
    const parsed = await new RememberedPersonas(directoryReader(), kept()).resolve(file());
    const again = await new RememberedPersonas(directoryReader(), kept()).resolve(file());
    expect(JSON.stringify(again)).toBe(JSON.stringify(parsed));
    const layer = layerOf(parsed, { assignedBy: 'local' });
    const compiled = await new CompiledLayers(kept()).of([layer], facts);
    expect(readdirSync(keptFolder())).toHaveLength(2);
    expect(await new CompiledLayers(kept()).of([layer], facts)).toEqual(compiled);
    expect(await new CompiledLayers(null).of([layer], facts)).toEqual(compiled);
  });

  it('is compiled anew for other facts and other parameters', async () => {
    const persona = await new RememberedPersonas(directoryReader(), kept()).resolve(file());
    const layer = layerOf(persona, { assignedBy: 'local' });
    await new CompiledLayers(kept()).of([layer], facts);
    await new CompiledLayers(kept()).of([layer], { hostname: 'h2' });
    await new CompiledLayers(kept()).of([{ ...layer, priority: 7 }], facts);
    expect(readdirSync(keptFolder())).toHaveLength(4);
  });

  it('may be made elsewhere, once', async () => {
    const errands: Errand[] = [];
    const elsewhere: MakeElsewhere = async (errand) => {
      errands.push(errand);
      if (errand.type === 'resolve') await new RememberedPersonas(directoryReader(), kept()).resolve(errand.path);
      else await new CompiledLayers(kept()).of(errand.layers, errand.facts);
    };
    const personas = new RememberedPersonas(directoryReader(), kept(), elsewhere);
    const layers = new CompiledLayers(kept(), elsewhere);
    for (let time = 0; time < 2; time += 1) {
      const layer = layerOf(await personas.resolve(file()), { assignedBy: 'local' });
      expect(await layers.of([layer], facts)).toHaveLength(1);
    }
    expect(errands.map(({ type }) => type)).toEqual(['resolve', 'compile']);
  });

  it('is made here when elsewhere nothing came of it, and what is wrong is told here', async () => {
    const personas = new RememberedPersonas(directoryReader(), kept(), async () => undefined);
    const layer = layerOf(await personas.resolve(file()), { assignedBy: 'local' });
    expect(await new CompiledLayers(kept(), async () => undefined).of([layer], facts)).toHaveLength(1);
    writeFileSync(file(), 'guise: persona/v1\n');
    await expect(personas.resolve(file())).rejects.toThrow('persona_id');
  });
});
