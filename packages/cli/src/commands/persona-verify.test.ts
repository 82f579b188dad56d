/** `guise persona verify` on whatever somebody may hand over as an envelope or a root: refused with a reason, never a crash. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainStyle } from '../render/style.ts';
import { runCli } from '../run-cli.ts';
import type { Terminal } from '../terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'guise-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

async function guise(...argv: readonly string[]) {
  const lines: string[] = [];
  const terminal: Terminal = {
    isTty: false,
    columns: Number.POSITIVE_INFINITY,
    style: plainStyle,
    write: (text) => void lines.push(text),
    line: (text) => void lines.push(text),
  };
  const code = await runCli(argv, {
    out: terminal,
    err: terminal,
    env: {},
    cwd: folder,
    isRoot: false,
    canAsk: false,
    confirm: async () => false,
    askSecret: async () => '',
    interruption: () => new AbortController().signal,
  });
  return { code, text: lines.join('\n') };
}

const verify = (envelope: string, root = 'root.json') => guise('persona', 'verify', at(envelope), '--root', at(root));

beforeAll(async () => {
  writeFileSync(at('web.yaml'), 'guise: persona/v1\npersona_id: web\n');
  for (const line of [
    ['key', 'new', 'alice', '--out', folder],
    ['root', 'new', '--organization', 'acme', '--key', at('alice.key'), '--out', at('root.json')],
    ['persona', 'sign', at('web.yaml'), '--key', at('alice.key'), '--root', at('root.json'), '--out', at('web.json')],
  ]) {
    const { code, text } = await guise(...line);
    if (code !== 0) throw new Error(text);
  }
});

describe('guise persona verify', () => {
  it('takes what was signed', async () => {
    expect(await verify('web.json')).toMatchObject({
      code: 0,
      text: expect.stringContaining('ok web@1 for acme/production'),
    });
  });

  it('refuses it, and the root, with a byte changed anywhere', async () => {
    for (const name of ['web.json', 'root.json']) {
      const file = readFileSync(at(name));
      for (let index = 0; index < file.length; index += 13) {
        const changed = Buffer.from(file);
        changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
        writeFileSync(at('changed.json'), changed);
        const { code, text } = await (name === 'web.json'
          ? verify('changed.json')
          : verify('web.json', 'changed.json'));
        expect(code).toBe(3);
        expect(text).toMatch(/^error: Cannot /);
      }
    }
  });

  it('judges signatures before it looks at what they sign', async () => {
    const { payload, ...rest } = JSON.parse(readFileSync(at('web.json'), 'utf8'));
    const said = Buffer.from(payload, 'base64').toString().replace('"production"', '"productio!"');
    writeFileSync(
      at('changed.json'),
      `${JSON.stringify({ payload: Buffer.from(said).toString('base64'), ...rest })}\n`,
    );
    expect(await verify('changed.json')).toMatchObject({
      code: 3,
      text: expect.stringContaining('by alice is not good'),
    });
  });

  it('refuses arbitrary bytes as either', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        writeFileSync(at('odd.json'), text);
        for (const { code, text: said } of [await verify('odd.json'), await verify('web.json', 'odd.json')]) {
          expect(code).toBe(3);
          expect(said).toMatch(/^error: Cannot /);
        }
      }),
    );
  });

  it('refuses what has ended, and says when', async () => {
    const statement = ['persona', 'sign', at('web.yaml'), '--key', at('alice.key'), '--root', at('root.json')];
    expect((await guise(...statement, '--out', at('short.json'), '--expires', '1s')).code).toBe(0);
    await expect
      .poll(async () => (await verify('short.json')).text, { timeout: 10_000 })
      .toContain('Cannot use what was signed for web@1: it ended at');
    expect((await verify('short.json')).code).toBe(3);
  });

  it('refuses another environment and another root', async () => {
    const staging = await guise(
      'persona',
      'verify',
      at('web.json'),
      '--root',
      at('root.json'),
      '--environment',
      'staging',
    );
    expect(staging).toMatchObject({ code: 3, text: expect.stringContaining('for environment production') });
    await guise('key', 'new', 'mallory', '--out', folder);
    await guise('root', 'new', '--organization', 'acme', '--key', at('mallory.key'), '--out', at('other.json'));
    expect(await verify('web.json', 'other.json')).toMatchObject({
      code: 3,
      text: expect.stringContaining('no key of the root'),
    });
  });
});
