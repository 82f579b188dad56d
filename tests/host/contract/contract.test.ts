/** Every resource kind keeps the adapter contract on a real host: see packages/agent/src/resources/contract.ts. */
import { resolve } from 'node:path';
import { kinds } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labDirectory, labSupport, openLab } from '../../../packages/lab/src/index.ts';
import { contractCases } from './cases/index.ts';

const support = labSupport();
if (!support.supported) console.warn(`skipped: no lab on this machine: ${support.missing}`);

const node = ['/opt/guise/node_modules/node/bin/node', '--disable-warning=ExperimentalWarning'];
const kindTimeoutMs = 290_000;

describe.runIf(support.supported)('the contract of resource kinds', () => {
  const lab = openLab({
    name: 'test-contract',
    directory: labDirectory(process.env),
    repository: resolve(import.meta.dirname, '../../..'),
    report: () => undefined,
  });

  beforeAll(async () => {
    await lab.down();
    await lab.up([{ name: 'h1' }]);
    await lab.run('h1', ['systemctl', 'is-system-running', '--wait']);
    await lab.snapshot('h1', 'clean');
  }, 900_000);
  afterAll(() => lab.down(), 120_000);

  it.each(kinds.filter((kind) => contractCases[kind].length > 0))(
    '%s',
    async (kind) => {
      await lab.restore('h1', 'clean');
      await lab.run('h1', ['systemctl', 'is-system-running', '--wait']);
      const { status, stdout, stderr } = await lab.run(
        'h1',
        [...node, '/opt/guise/tests/host/contract/runner.ts', kind],
        { timeoutMs: kindTimeoutMs },
      );
      expect(status, stderr).toBe(0);
      const results = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(results).toEqual(contractCases[kind].map(({ name }) => ({ case: name, wrong: [] })));
    },
    kindTimeoutMs,
  );
});
