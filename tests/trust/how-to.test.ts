/** docs/how-to/sign-personas.md does what it says: its shell blocks, one after the other, in an empty folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'guise-how-to-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('how to sign personas can be followed', () => {
  const text = readFileSync(join(repository, 'docs/how-to/sign-personas.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThanOrEqual(5);
  const script = `set -e\nguise() { "$GUISE" "$@"; }\n${blocks.join('')}`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', GUISE: join(repository, 'guise') },
  });
  expect(`${status}\n${stderr}`).toMatch(/^0\n/);
  expect(stdout).toContain('ok web@2 for acme/production, web_server');
  expect(stdout).toContain('ok web: back from 2 to 1 on h1, h2 for acme/production');
  expect(stdout).toContain('root 2 of acme');
  expect(stderr).not.toContain('not good yet');
  expect(readdirSync(folder)).toContain('root-2.json');
});
