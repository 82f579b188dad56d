/**
 * What the command line says, word for word: help of every command, errors, plans, reasons, completion.
 *
 * Each transcript in `cli/` is made by real processes, in a folder and an offline root of their own. After a meant change of
 * words: `npx vitest run --project unit tests/golden/cli.test.ts -u`, then read the difference.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { files, type Transcript, transcripts } from './cli/transcripts.ts';

const guise = join(import.meta.dirname, '../../guise');
const goldenFolder = join(import.meta.dirname, 'cli');

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guise-golden-'));

  beforeAll(() => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      // Private keys that others may read are refused.
      writeFileSync(join(folder, path), text, { mode: path.endsWith('.key') ? 0o600 : 0o644 });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.for(transcripts)('$name', async (transcript, { skip }) => {
    skip(transcript.needsRoot === true && process.getuid?.() !== 0, 'only root may give files to root');
    const text = transcriptOf(transcript, folder);
    // A bug must not become the word to compare with.
    expect(text).not.toContain('bug in guise');
    await expect(text).toMatchFileSnapshot(`cli/${transcript.name}.txt`);
  });

  it('has a transcript for every file', () => {
    const recorded = readdirSync(goldenFolder).filter((name) => name.endsWith('.txt'));
    expect(recorded.sort()).toEqual(transcripts.map(({ name }) => `${name}.txt`).sort());
  });
});

function transcriptOf({ lines }: Transcript, folder: string): string {
  return lines.map((line) => `$ guise ${line}\n${outputOf(line, folder)}`).join('\n');
}

/** Standard output, standard error, and the exit code unless it is 0. */
function outputOf(line: string, folder: string): string {
  const { status, stdout, stderr } = spawnSync(guise, line.split(' '), {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' },
  });
  const code = status === 0 ? '' : `[exit code ${status}]\n`;
  return `${withoutChance(`${stdout}${stderr}`, folder)}${code}`;
}

/** What differs from run to run: digests of plans, transaction ids, times. */
function withoutChance(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'FOLDER')
    .replaceAll(/plan sha256:[0-9a-f]{12}/g, 'plan DIGEST')
    .replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, 'N ms')
    .replaceAll(/ \((prepare|observe) N ms[^)]*\)/g, ' (PHASES)')
    .replaceAll(/\b[0-9a-z]{8}-[0-9a-f]{16}\b/g, 'TRANSACTION')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/^(STARTED|TIME) .*$/gm, (row) => row.replaceAll(/ {2,}/g, '  '));
}
