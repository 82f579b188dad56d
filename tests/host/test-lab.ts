/** A lab of a test file's own: real hosts, gone when the file ends. */
import { resolve } from 'node:path';
import type { CommandResult, HostSpec, Lab } from '@guise/lab';
import { labDirectory, labSupport, openLab } from '@guise/lab';
import { afterAll, beforeAll } from 'vitest';

const support = labSupport();
if (!support.supported) console.warn(`skipped: no hosts can be booted on this machine: ${support.missing}`);

export const canBoot = support.supported;
export const node: readonly string[] = ['/opt/guise/node_modules/node/bin/node', '--disable-warning=ExperimentalWarning'];
const commandTimeoutMs = 600_000;

export interface TestLab {
  readonly lab: Lab;
  /** Any exit status is an answer. */
  run(host: string, argv: readonly string[], env?: { readonly [name: string]: string }): Promise<CommandResult>;
  /** Standard output of a program that must succeed; what it said otherwise is in the error. */
  output(host: string, argv: readonly string[], env?: { readonly [name: string]: string }): Promise<string>;
  /** `guise …` inside the host. */
  guise(host: string, ...args: readonly string[]): Promise<CommandResult>;
}

/** Boots before the file's tests and takes everything down after them. Every host has a snapshot `clean`. */
export function testLab(name: string, hosts: readonly HostSpec[]): TestLab {
  const lab = openLab({
    name,
    directory: labDirectory(process.env),
    repository: resolve(import.meta.dirname, '../..'),
    report: () => undefined,
  });
  const run: TestLab['run'] = (host, argv, env = {}) => lab.run(host, argv, { timeoutMs: commandTimeoutMs, env });
  beforeAll(async () => {
    await lab.down();
    await lab.up(hosts);
    for (const host of hosts) await lab.snapshot(host.name, 'clean');
  }, 900_000);
  afterAll(async () => {
    await lab.down();
  }, 120_000);
  return {
    lab,
    run,
    async output(host, argv, env) {
      const { status, stdout, stderr } = await run(host, argv, env);
      if (status !== 0) throw new Error(`${argv.join(' ')} exited with ${status}: ${stderr || stdout}`);
      return stdout.trim();
    },
    guise: (host, ...args) => run(host, ['/opt/guise/guise', ...args]),
  };
}
