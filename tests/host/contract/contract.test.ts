/** Every resource kind keeps the adapter contract on a real host: see packages/agent/src/resources/contract.ts. */
import { kinds } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { node, testLab } from '../test-lab.ts';
import { contractCases } from './cases/index.ts';

const kindTimeoutMs = 290_000;

describe('the contract of resource kinds', () => {
  const { lab } = testLab('test-contract', [{ name: 'h1' }]);

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
