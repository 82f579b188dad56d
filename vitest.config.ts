import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** Too long for `npm run ok`: what has a PostgreSQL of its own, and what tries one thing thousands of times. */
const slow = 'packages/**/*.{pg,slow}.test.ts';

/**
 * Unit tests share module instances, since no module of ours keeps state: loading them anew for each file would cost as much again as
 * the tests. One more worker than cores, because some of them wait for a PostgreSQL or a process of their own.
 *
 * Host tests boot real machines, so they have minutes, run after the others, and one file at a time.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/**/*.test.ts',
            'bin/**/*.test.ts',
            'bench/**/*.test.ts',
            'tests/golden/**/*.test.ts',
            'tests/trust/**/*.test.ts',
            'tests/providers/**/*.test.ts',
            'tests/tidy.test.ts',
          ],
          exclude: [...configDefaults.exclude, slow],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'database',
          include: [slow],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          isolate: false,
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'sim',
          include: ['tests/sim/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'host',
          include: ['tests/host/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
