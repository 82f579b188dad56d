/** Files with secrets in them, on the real engine of an offline tree: what is written, what is kept, what is told. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { planReportOf } from '@guise/api/reports';
import { GuiseError, isKeyedDigest, type Layer, layerOf, shownSecret } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { engineHere } from '../engine-here.ts';
import { OfflineTree } from '../host/offline-tree.ts';

const canary = 'CANARY-hunter2-0123456789';
const before = 'BEFORE-swordfish-0123456789\n';

let tree: OfflineTree;
let engine: Engine;
beforeEach(() => {
  tree = new OfflineTree();
  mkdirSync(join(tree.path, 'etc/guise/secrets'), { recursive: true });
  setSecret(canary);
  writeFileSync(join(tree.path, 'etc/app.conf'), before, { mode: 0o644 });
  engine = open();
});
afterEach(() => {
  engine.close();
  tree.remove();
});

const open = () => engineHere({ root: tree.path, stateDirectory: stateDirectory(), environment: {} });
const stateDirectory = () => join(tree.path, 'state');
const read = (path: string) => readFileSync(join(tree.path, path), 'utf8');
const modeOf = (path: string) => (statSync(join(tree.path, path)).mode & 0o777).toString(8);

function setSecret(value: string): void {
  writeFileSync(join(tree.path, 'etc/guise/secrets/db'), value, { mode: 0o600 });
}

function persona(id: string, text: string, priority = 50): Layer {
  const own = parseDocument(`guise: persona/v1\npersona_id: ${id}\npriority: ${priority}\n${text}`, `${id}.yaml`);
  return layerOf({ own, ancestors: [] }, { assignedBy: 'local' });
}

const keeper = () => persona('keeper', 'files: {/etc/app.conf: {content: "password = {{ secret.db }}\\n"}}');

/** Every file of the state directory that has the text, in any of its spellings; SQLite's own files byte by byte. */
function leaksOf(text: string): readonly string[] {
  const spelled = [
    text,
    Buffer.from(text)
      .toString('base64')
      .replace(/.{2}=*$/, ''),
    Buffer.from(text).toString('hex'),
  ];
  return readdirSync(stateDirectory(), { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    return spelled.some((each) => bytes.includes(each)) ? [entry.name] : [];
  });
}

/** One switch to the keeper in a process of its own, which is killed at a point. */
function attempt(fault: string): { readonly signal: string | null; readonly point: string } {
  const program = `
    const { engineHere } = await import(${JSON.stringify(new URL('../engine-here.ts', import.meta.url).href)});
    const { ROOT, LAYERS } = process.env;
    const engine = engineHere({ root: ROOT, stateDirectory: ROOT + '/state' });
    await engine.apply(JSON.parse(LAYERS));`;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { ROOT: tree.path, LAYERS: JSON.stringify([keeper()]), GUISE_FAULT: fault },
  });
  return { signal, point: /guise fault at (.*)/.exec(stderr)?.[1] ?? '' };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function thrownBy(work: Promise<unknown>): Promise<GuiseError> {
  const error = await work.then(() => null).catch((thrown: unknown) => thrown);
  if (error instanceof GuiseError) return error;
  throw new Error('Nothing was refused');
}

describe('a file with a secret in it', () => {
  it('is written for its owner alone, put back byte for byte, and nothing that is kept has its content', async () => {
    expect(await engine.apply([keeper()])).toMatchObject({ type: 'committed' });
    expect([read('etc/app.conf'), modeOf('etc/app.conf')]).toEqual([`password = ${canary}\n`, '600']);
    expect([...leaksOf(canary), ...leaksOf(before.trim())]).toEqual([]);
    expect(await engine.apply([keeper()])).toMatchObject({ type: 'unchanged' });
    expect(await engine.drift()).toEqual([]);
    await engine.apply([]);
    expect([read('etc/app.conf'), modeOf('etc/app.conf')]).toEqual([before, '644']);
    expect([...leaksOf(canary), ...leaksOf(before.trim())]).toEqual([]);
  });

  it('is told of as secret everywhere, and no digest of it leaves', async () => {
    const plan = await engine.plan([keeper()]);
    const outcome = await engine.apply([keeper()]);
    writeFileSync(join(tree.path, 'etc/app.conf'), `password = ${canary}!\n`);
    const told = [
      planReportOf(plan),
      outcome.type === 'committed' ? outcome.transaction : null,
      await engine.state(),
      await engine.why('file:/etc/app.conf'),
      await engine.drift(),
      engine.history(),
    ];
    for (const report of told) {
      const text = JSON.stringify(report);
      expect(text).toContain(shownSecret);
      for (const secret of [canary, 'swordfish', 'hmac-sha256:']) expect(text).not.toContain(secret);
      for (const content of [before, `password = ${canary}\n`, `password = ${canary}!\n`, canary])
        expect(text).not.toContain(sha256(content));
    }
    const digests = plan.stages.flatMap(({ changes }) => changes.flatMap(({ before: was, after }) => [was, after]));
    const keyed = digests.map(({ digest }) => digest ?? null).filter((digest) => isKeyedDigest(digest));
    expect(keyed).toHaveLength(2);
    for (const digest of keyed) expect(engine.content(digest)).toBeNull();
  });

  it('is written anew when the secret changes, and the plan says so', async () => {
    await engine.apply([keeper()]);
    setSecret('another value');
    const plan = await engine.plan([keeper()]);
    expect(plan.stages.flatMap(({ changes }) => changes.map(({ address, fields }) => [address, fields]))).toEqual([
      ['file:/etc/app.conf', ['digest']],
    ]);
    expect(await engine.apply([keeper()])).toMatchObject({ type: 'committed' });
    expect(read('etc/app.conf')).toBe('password = another value\n');
  });

  it('gives way to a layer above it and comes back, whatever the order', async () => {
    const plain = () => persona('plain', 'files: {/etc/app.conf: {content: "nothing\\n", mode: "0644"}}', 60);
    const contents: string[] = [];
    for (const layers of [[keeper()], [keeper(), plain()], [plain()], [keeper(), plain()], [keeper()], [plain()], []]) {
      expect((await engine.apply(layers)).type).toBe('committed');
      expect(await engine.drift()).toEqual([]);
      expect((await engine.plan(layers)).stages).toEqual([]);
      contents.push(read('etc/app.conf'));
    }
    const secret = `password = ${canary}\n`;
    expect(contents).toEqual([secret, 'nothing\n', 'nothing\n', 'nothing\n', secret, 'nothing\n', before]);
    expect([...leaksOf(canary), ...leaksOf(before.trim())]).toEqual([]);
  });

  it('is warned of when everybody may read it, and not when it is put back', async () => {
    const open644 = persona('open', 'files: {/etc/app.conf: {content: "{{ secret.db }}", mode: "0644"}}');
    expect((await engine.plan([open644])).warnings).toEqual([
      'file:/etc/app.conf has a secret in it, and its mode 0644 lets everybody on this host read it',
    ]);
    await engine.apply([open644]);
    expect((await engine.plan([])).warnings).toEqual([]);
  });

  it('is not written when the secret is missing, and nothing else of the persona is', async () => {
    const layer = persona(
      'missing',
      'files: {/etc/app.conf: {content: "{{ secret.none }}"}, /etc/other: {content: x}}',
    );
    const error = await thrownBy(engine.apply([layer]));
    expect(error).toMatchObject({ code: 'secret_not_found', message: expect.stringContaining('secret "none"') });
    expect([read('etc/app.conf'), existsSync(join(tree.path, 'etc/other'))]).toEqual([before, false]);
  });

  it('is not written from a file that others can read', async () => {
    chmodSync(join(tree.path, 'etc/guise/secrets/db'), 0o644);
    expect(await thrownBy(engine.apply([keeper()]))).toMatchObject({ code: 'secret_refused' });
  });

  it('does not betray itself by another of its names', async () => {
    await engine.apply([keeper()]);
    mkdirSync(join(tree.path, 'srv'));
    linkSync(join(tree.path, 'etc/app.conf'), join(tree.path, 'srv/alias'));
    const text = JSON.stringify(await engine.why('file:/srv/alias'));
    expect(text).toContain(shownSecret);
    expect(text).not.toContain(sha256(`password = ${canary}\n`));
    expect(JSON.stringify(await engine.why('file:/etc/passwd'))).toContain(sha256(read('etc/passwd')));
  });
});

describe('the key of the journal', () => {
  it('is made once, for its owner alone, when the first secret comes', async () => {
    await engine.apply([persona('plain', 'files: {/etc/other: {content: x}}')]);
    expect(existsSync(join(stateDirectory(), 'journal.key'))).toBe(false);
    await engine.apply([keeper()]);
    const key = read('state/journal.key');
    expect(modeOf('state/journal.key')).toBe('600');
    engine.close();
    engine = open();
    await engine.apply([]);
    expect(read('state/journal.key')).toBe(key);
  });

  it('is asked back for, clearly, when it is lost, and another one opens nothing', async () => {
    await engine.apply([keeper()]);
    engine.close();
    const key = readFileSync(join(stateDirectory(), 'journal.key'));
    rmSync(join(stateDirectory(), 'journal.key'));
    engine = open();
    for (const work of [engine.apply([]), engine.plan([]), engine.state(), engine.drift()])
      expect(await thrownBy(work)).toMatchObject({
        code: 'secret_unavailable',
        message: expect.stringContaining('put the file back'),
      });
    expect(existsSync(join(stateDirectory(), 'journal.key'))).toBe(false);
    writeFileSync(join(stateDirectory(), 'journal.key'), Buffer.alloc(32, 7).toString('base64'));
    engine.close();
    engine = open();
    const outcome = await engine.apply([]);
    expect(outcome).toMatchObject({ type: 'rolled_back', transaction: { error: { code: 'cipher_failed' } } });
    writeFileSync(join(stateDirectory(), 'journal.key'), key);
    engine.close();
    engine = open();
    await engine.apply([]);
    expect(read('etc/app.conf')).toBe(before);
  });
});

/** Strikes a switch at every point, each in a process that is killed there. */
it('killed anywhere, a switch of secrets leaves the old host or the new one; without its key it is stuck, not the agent', {
  timeout: 60_000,
}, async () => {
  const struck = new Set<string>();
  const withoutKey: unknown[] = [];
  engine.close();
  for (let at = 1, isKilled = true; isKilled; at++) {
    const { signal, point } = attempt(`kill@${at}`);
    isKilled = signal !== null;
    if (point === 'half of write /etc/app.conf') withoutKey.push(...(await recoveriesWithoutKey()));
    engine = open();
    await engine.recover();
    struck.add(read('etc/app.conf'));
    expect([...leaksOf(canary), ...leaksOf(before.trim())]).toEqual([]);
    expect(readdirSync(join(tree.path, 'etc')).filter((name) => name.includes('.tmp'))).toEqual([]);
    await engine.apply([]);
    expect(read('etc/app.conf')).toBe(before);
    engine.close();
  }
  expect([...struck].sort()).toEqual([before, `password = ${canary}\n`]);
  expect(withoutKey).toMatchObject([
    { status: 'stuck', error: { code: 'undo_failed', message: expect.stringContaining('put the file back') } },
    { status: 'stuck' },
    { code: 'undo_failed' },
  ]);
  engine = open();
});

async function recoveriesWithoutKey(): Promise<readonly unknown[]> {
  const path = join(stateDirectory(), 'journal.key');
  const key = readFileSync(path);
  rmSync(path);
  const host = open();
  const told = [await host.recover(), await host.recover(), await thrownBy(host.apply([]))];
  host.close();
  writeFileSync(path, key, { mode: 0o600 });
  return told;
}
