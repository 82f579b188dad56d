/** What the tests of the lab itself share: where their labs are, and that one run of them at a time uses their names. */
import { join, resolve } from 'node:path';
import { acquireLocks, type LabOptions, type Lock, labDirectory } from '@guise/lab';
import { afterAll, beforeAll } from 'vitest';
import { canBoot } from './test-lab.ts';

export const repository: string = resolve(import.meta.dirname, '../..');
export const directory: string = labDirectory(process.env);
export const bootTimeoutMs = 900_000;

export function optionsFor(name: string, where: string = directory): LabOptions {
  return { name, directory: where, repository, report: () => undefined };
}

/** A second run of these tests on this machine waits until the first is through: it would use labs of the same names. */
export function takeTurn(): void {
  let turn: Lock | undefined;
  beforeAll(async () => {
    if (canBoot) turn = await acquireLocks(join(directory, 'locks', '.tests'));
  }, bootTimeoutMs);
  afterAll(() => turn?.[Symbol.dispose]());
}
