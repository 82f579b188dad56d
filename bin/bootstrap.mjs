/**
 * Prepares a fresh clone and hands over to a task under Node 24: `node bin/bootstrap.mjs <task> [argument…]`.
 *
 * This file and what it imports run on any Node ≥ 20 and before anything is installed, so they are plain JavaScript and
 * import nothing but `node:` and each other. Each preparation first asks whether it is needed, which costs milliseconds,
 * and leaves its mark only once it is whole: a run that was killed is completed by the next one.
 *
 * Exit code: the task's own; 1 when preparing failed; 2 for an unknown task; 128 + n when signal n ended the task.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { nodeBinary, preparePackages, repositoryRoot } from './prepare-packages.mjs';
import { preparePrograms } from './prepare-programs.mjs';
import { prepareSystem } from './prepare-system.mjs';
import { prepareTestServers } from './prepare-test-servers.mjs';

/**
 * What each task runs under Node 24, whether it boots lab hosts, runs programs of guise, and talks to servers of others.
 * `prepare` runs nothing: `./guise` uses it.
 */
const tasks = {
  start: { main: ['bin/launch.mjs', 'cli', 'start'], needsLab: true, needsPrograms: true },
  test: { main: ['bin/test.ts'], needsLab: true, needsPrograms: true, needsServers: true },
  bench: { main: ['bench/main.ts'], needsLab: true, needsPrograms: true },
  ok: { main: ['bin/ok.ts'], needsLab: false, needsPrograms: false },
  prepare: { main: undefined, needsLab: false, needsPrograms: true },
};

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !Object.hasOwn(tasks, name)) {
  process.stderr.write(`guise: unknown task "${name ?? ''}"; the tasks are ${Object.keys(tasks).join(', ')}\n`);
  process.exit(2);
}

try {
  const task = tasks[name];
  preparePackages();
  if (task.needsPrograms) preparePrograms();
  if (task.needsLab) prepareSystem({ forTests: name === 'test' });
  if (task.needsServers) prepareTestServers();
  if (task.main) runTask([...task.main, ...rest]);
} catch (error) {
  process.stderr.write(`guise: ${error.message}\n`);
  process.exit(1);
}

/** Runs a program of this repository under Node 24, as if it had been started in place of this process. */
function runTask([main, ...argv]) {
  const bin = join(repositoryRoot, 'node_modules', '.bin');
  const child = spawn(nodeBinary, ['--disable-warning=ExperimentalWarning', join(repositoryRoot, main), ...argv], {
    stdio: 'inherit',
    // Whatever the task starts as `node` is then Node 24 too.
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {
    // A terminal sends Ctrl-C to the child itself; forwarding it as well would look like an impatient second one.
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.on('error', (error) => {
    process.stderr.write(`guise: cannot start ${nodeBinary}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
