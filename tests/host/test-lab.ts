/** A lab of a test file's own: real hosts, gone when the file ends. */
import { resolve } from 'node:path';
import type { CommandResult, HostSpec, Lab, LabOptions } from '@guise/lab';
import { labDirectory, labSupport, openLab } from '@guise/lab';
import { afterAll, aroundEach, beforeAll } from 'vitest';

const support = labSupport();
export const canBoot = support.supported;

export const node: readonly string[] = [
  '/opt/guise/node_modules/node/bin/node',
  '--disable-warning=ExperimentalWarning',
];
const commandTimeoutMs = 1_800_000;
/** As `./guise` does: programs of ours that are started hundreds of times in a host are compiled once. */
const compileCache = { NODE_COMPILE_CACHE: '/var/cache/guise/node' };

export interface TestLab {
  readonly lab: Lab;
  /** Any exit status is an answer. */
  readonly run: (
    host: string,
    argv: readonly string[],
    env?: { readonly [name: string]: string },
  ) => Promise<CommandResult>;
  /** Standard output of a program that must succeed; what it said otherwise is in the error. */
  readonly output: (
    host: string,
    argv: readonly string[],
    env?: { readonly [name: string]: string },
  ) => Promise<string>;
  /** `guise …` inside the host. */
  readonly guise: (host: string, ...args: readonly string[]) => Promise<CommandResult>;
}

/** Tests of this describe, and their beforeEach and afterEach, are skipped on a machine that cannot boot hosts. */
export function skipWithoutLab(): void {
  aroundEach(async (runTest, { skip }) => {
    skip(!canBoot, `no hosts can be booted on this machine: ${support.supported ? '' : support.missing}`);
    await runTest();
  });
}

/** The lab; nothing on a machine that cannot boot hosts, where every test that would use it is skipped. */
export function openTestLab(options: LabOptions): Lab {
  return canBoot ? openLab(options) : (undefined as never);
}

/** Boots before the file's tests and takes everything down after them. Every host has a snapshot `clean`. */
export function testLab(name: string, hosts: readonly HostSpec[]): TestLab {
  const lab = openTestLab({
    name,
    directory: labDirectory(process.env),
    repository: resolve(import.meta.dirname, '../..'),
    report: () => undefined,
  });
  const run: TestLab['run'] = (host, argv, env = {}) =>
    lab.run(host, argv, { timeoutMs: commandTimeoutMs, env: { ...compileCache, ...env } });
  skipWithoutLab();
  beforeAll(async () => {
    if (!canBoot) return;
    await lab.down();
    await lab.up(hosts);
    for (const host of hosts) await lab.snapshot(host.name, 'clean');
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await lab.down();
  }, 120_000);
  return {
    lab,
    run,
    output: async (host, argv, env) => {
      const { status, stdout, stderr } = await run(host, argv, env);
      if (status !== 0) throw new Error(`${argv.join(' ')} exited with ${status}: ${stderr || stdout}`);
      return stdout.trim();
    },
    guise: (host, ...args) => run(host, ['/opt/guise/guise', ...args]),
  };
}
