/** Tests of personas as they are asked for, on this machine: nothing of it changes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from '@guise/api';
import { layerOf, limits, shownSecret } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { engineHere } from '../engine-here.ts';
import { localHost } from '../host/local-host.ts';
import { hostSecrets } from '../secrets/host-secrets.ts';
import type { Engine } from './engine.ts';
import { openEngine } from './open-engine.ts';

let stateDirectory: string;
let engine: Engine;
beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'guise-tests-'));
  engine = engineHere({ root: '/', stateDirectory });
});
afterEach(() => {
  engine.close();
  rmSync(stateDirectory, { recursive: true });
});

/** Active with tests that all pass, which is what a switch takes; a flag file makes them fail. */
async function activate(id: string, ...tests: readonly string[]): Promise<void> {
  const lines = tests.map((test) => `  - ${test}\n`).join('');
  const own = parseDocument(`guise: persona/v1\npersona_id: ${id}\ntests:\n${lines}`, `${id}.yaml`);
  await engine.apply([...engine.active(), layerOf({ own, ancestors: [] }, { assignedBy: 'local' })]);
}

const never = new AbortController().signal;
const unlessBroken = (script: string) => `if [ -e ${stateDirectory}/broken ]; then ${script}; fi`;
const breakThem = () => writeFileSync(join(stateDirectory, 'broken'), '');

it('runs those of the personas that are named, one after another, and tells what each came to', async () => {
  await activate(
    'web',
    '{name: greets, command: [echo, hello]}',
    `{name: fails, command: [sh, -c, "${unlessBroken('echo half; echo why >&2; exit 3')}"]}`,
    `{name: hangs, timeout: 200ms, command: [sh, -c, "${unlessBroken('sleep 60')}"]}`,
    `{name: talks, command: [sh, -c, "${unlessBroken('yes | head -c 100000; echo the end')}"]}`,
    `{name: is missing, command: [sh, -c, "${unlessBroken('kill -9 $$')}"]}`,
  );
  await activate('other', '{name: is not asked for, command: ["true"]}');
  breakThem();
  const reports = await engine.runTests(['web'], never);
  expect(reports).toMatchObject([
    { instance: 'web', name: 'greets', ok: true, exit_code: 0, output: 'hello\n' },
    { name: 'fails', ok: false, exit_code: 3, output: 'half\n\nwhy\n' },
    { name: 'hangs', ok: false, exit_code: null, output: expect.stringContaining('200 ms') },
    { name: 'talks', ok: true, exit_code: 0, output: expect.stringMatching(/the end\n$/) },
    { name: 'is missing', ok: false },
  ]);
  expect(reports[3]?.output).toHaveLength(limits.testOutputChars);
  expect(reports[2]?.duration_ms).toBeGreaterThanOrEqual(200);
  expect(answers.tests.parse(reports)).toEqual(reports);
});

it('tells nothing secret that a test prints', async () => {
  const folder = join(stateDirectory, 'secrets');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'db'), 'canary-42', { mode: 0o600 });
  const path = join(stateDirectory, 'app.conf');
  const text = `files: {${path}: {content: "{{ secret.db }}"}}\ntests: [{name: leaks, command: [cat, ${path}]}]\n`;
  const own = parseDocument(`guise: persona/v1\npersona_id: web\n${text}`, 'web.yaml');
  const options = {
    host: localHost({ root: '/' }),
    stateDirectory,
    secrets: hostSecrets({ folder, stored: () => ({}), unseal: () => new Uint8Array() }),
    clock: () => new Date(),
    random: () => 'f'.repeat(16),
  };
  const first = openEngine(options);
  await first.apply([layerOf({ own, ancestors: [] }, { assignedBy: 'local' })]);
  first.close();
  // A process that has not opened the secret for anything else.
  const next = openEngine(options);
  const [leaks] = await next.runTests(['web'], never);
  expect(leaks).toMatchObject({ ok: true, output: shownSecret });
  await next.apply([]);
  next.close();
});

it('refuses what is not active, before it runs anything', async () => {
  await activate('web', `{name: marks, command: [touch, ${stateDirectory}/ran]}`);
  rmSync(join(stateDirectory, 'ran'));
  await expect(engine.runTests(['web', 'absent'], never)).rejects.toMatchObject({ code: 'persona_not_found' });
  expect(() => rmSync(join(stateDirectory, 'ran'))).toThrow('ENOENT');
});

it('ends when it is called off, with the reason', async () => {
  await activate('web', `{name: hangs, command: [sh, -c, "${unlessBroken('sleep 60')}"]}`);
  breakThem();
  const ending = new AbortController();
  const running = engine.runTests(['web'], ending.signal);
  setTimeout(() => ending.abort(new Error('enough')), 50);
  await expect(running).rejects.toThrow('enough');
});
