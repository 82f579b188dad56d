/** The lock must install on every machine, not only on the one that wrote it. */
import { each, type Rule } from './rule.ts';

interface LockEntry {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockPath = 'package-lock.json';

export const lockRules: readonly Rule[] = [
  {
    name: 'the lock has the packages of every platform',
    why: 'npm drops those that its registry lacked or could not reach, and then `npm ci` refuses the lock: add them again',
    check: ({ files }) => {
      const lock = JSON.parse(files.get(lockPath)?.text ?? '{"packages": {}}') as {
        packages: Record<string, LockEntry>;
      };
      return each(Object.entries(lock.packages), ([path, { optionalDependencies = {} }]) =>
        Object.keys(optionalDependencies)
          .filter(
            (name) => !(`node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages),
          )
          .map((name) => ({ path: lockPath, line: 0, what: `${path} names ${name}, which is not locked` })),
      );
    },
    bad: [{ [lockPath]: '{"packages": {"node_modules/a": {"optionalDependencies": {"a-linux-arm64": "1.0.0"}}}}' }],
    good: [
      {
        [lockPath]:
          '{"packages": {"node_modules/a": {"optionalDependencies": {"a-x": "1.0.0", "a-y": "1.0.0"}}, "node_modules/a-x": {}, "node_modules/a/node_modules/a-y": {}}}',
      },
    ],
  },
];
