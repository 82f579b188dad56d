import { GuiseError } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localHost } from '../host/local-host.ts';
import { redactingHost } from './redacting-host.ts';
import { Redactor } from './redactor.ts';

const canary = 'CANARY/"hunter2" +\\x';

function knowing(...values: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const value of values) redactor.add(Buffer.from(value));
  return redactor;
}

describe('Redactor', () => {
  it.each([
    ['as it is', canary],
    ['as base64', Buffer.from(canary).toString('base64')],
    ['as hexadecimal', Buffer.from(canary).toString('hex')],
    ['as JSON', JSON.stringify(canary)],
    ['in a URL', encodeURIComponent(canary)],
  ])('takes a value out %s', (_, text) => {
    expect(knowing(canary).text(`said ${text} and more`)).toMatch(/^said "?\(secret\)"?.?=* and more$/);
  });

  it('takes a value out of the base64 of what it is part of, wherever it stands', () => {
    for (const around of ['', 'a', 'ab', 'abc']) {
      const text = Buffer.from(`${around}CANARY-0123456789${around}`).toString('base64');
      expect(knowing('CANARY-0123456789').text(text)).toMatch(/^.{0,5}\(secret\).{0,6}$/);
    }
  });

  it('takes the lines of a value out one by one', () => {
    const redacted = knowing('-----BEGIN\nabcdef\nghijkl\n').text('x: ghijkl');
    expect(redacted).toBe('x: (secret)');
  });

  it('leaves nothing of any value, whatever is around it', () => {
    const secrets = fc.array(fc.string({ minLength: 4, maxLength: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (values, before, after) => {
        const wanted = values.filter((value) => value.trim().length >= 4 && !'(secret)'.includes(value));
        for (const value of wanted) {
          const redacted = knowing(...wanted).text(`${before}${value}${after}`);
          // What is left may spell it anew only from what was around it.
          expect(redacted.split('(secret)').some((part) => part.includes(value))).toBe(false);
        }
      }),
    );
  });

  it('reaches the message, the detail and the problems of an error, and drops its cause', () => {
    const error = new GuiseError('change_failed', `a ${canary}`, {
      detail: canary,
      cause: new Error(canary),
      problems: [{ file: 'f', line: 1, column: 1, path: 'p', rule: 'r', message: canary }],
    });
    const redacted = knowing(canary).error(error) as GuiseError;
    expect(
      JSON.stringify([redacted.message, redacted.detail, redacted.problems, redacted.cause ?? null]),
    ).not.toContain('hunter2');
    expect(redacted.code).toBe('change_failed');
  });
});

describe('a host that redacts', () => {
  const host = redactingHost(localHost({ root: '/' }), knowing('CANARY-0123456789'));

  it('cuts nothing of a value off before it is recognised', async () => {
    const argv = ['sh', '-c', `printf '%0490d' 0 >&2; echo CANARY-0123456789 >&2; exit 3`];
    const error = await host.run(argv, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'command_failed' });
    const { message, detail } = error as GuiseError;
    expect(message.replace(argv.join(' ').slice(0, 117), '')).not.toContain('CANARY-01');
    expect(detail).not.toContain('CANARY-01');
  });

  it('shows no value, and gives programs of guise what was printed', async () => {
    const argv = ['printf', 'CANARY-%s', '0123456789'];
    expect((await host.run(argv, { shown: true })).stdout).toBe('(secret)');
    expect((await host.run(argv)).stdout).toBe('CANARY-0123456789');
  });
});
