/** Promise 1 for personas that nobody chose: what remains is what the rest alone give, in any order, failures included. */
import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { node, testLab } from './test-lab.ts';

const steps = 16;
/** A walk that once found something, and others that nobody has gone. A failing seed is in the message. */
const seeds = [1, 2, randomInt(2 ** 31), randomInt(2 ** 31)];

describe('random personas on a real host', () => {
  const { output } = testLab('test-random-layers', [{ name: 'h1' }]);

  it.each(seeds)('give the same host in any company and order (seed %i)', async (seed) => {
    const argv = [...node, '/opt/guise/tests/host/layers/random-walk.ts', String(seed), String(steps)];
    expect(JSON.parse(await output('h1', argv))).toMatchObject({ seed, steps, sets: 8, wrong: [] });
  });
});
