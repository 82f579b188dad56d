/**
 * The machine that guise runs on, or an offline tree of files below some directory.
 *
 * Offline, nothing runs and nothing below `/proc` and `/sys` means the tree, so only kinds made of files are possible.
 */
import { realpathSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import { type FaultPoints, noFaults } from './faults.ts';
import type { Host } from './host.ts';
import { hostFacts } from './host-facts.ts';
import { LocalFiles } from './local-files.ts';
import { runProgram } from './run-program.ts';
import { offlineSystemd } from './systemd/offline-systemd.ts';
import { systemd } from './systemd/systemd.ts';

export interface LocalHostOptions {
  /** `/` for this machine. */
  readonly root: string;
  /** Reached between a temporary file and its rename, where only a test can stop. */
  readonly points?: FaultPoints;
}

/** Throws: `argument_invalid` when the root is not a directory that can be opened. */
export function localHost({ root, points = noFaults }: LocalHostOptions): Host {
  const real = realRoot(root);
  const live = real === '/';
  const files = new LocalFiles(real, points, async (paths) => {
    const directories = paths.map((path) => (live ? path : real + path));
    await runProgram(['sync', '-f', '--', ...directories], { timeoutMs: limits.commandTimeoutMs });
  });
  return {
    root: real,
    live,
    files,
    systemd: live ? systemd : offlineSystemd(real),
    facts: rememberedBriefly(() => hostFacts(files, live)),
    run: async (argv, options) => {
      // An open directory would keep umount(8) from unmounting what is around it.
      files.closeDirectories();
      if (live) return runProgram(argv, options);
      throw new GuiseError(
        'kind_refused',
        `Cannot run ${JSON.stringify(argv[0] ?? '')} for ${real}: nothing runs in an offline root`,
      );
    },
  };
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot use ${JSON.stringify(root)} as the root of a host: there is no such directory`,
      { cause },
    );
  }
}

/** One switch asks several times, and each answer reads a dozen files. */
function rememberedBriefly<Value>(make: () => Value): () => Value {
  let value: Value;
  let madeMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - madeMs >= limits.factsRememberedMs) {
      value = make();
      madeMs = performance.now();
    }
    return value;
  };
}
