/** Which version of a persona a host takes after which. */
import { acceptVersion, openPersona, openRollback } from '@guise/decide/trust';
import { digestOfBytes, GuiseError, limits } from '@guise/model';
import type { PersonaStatement, RollbackStatement } from '@guise/model/trust';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opening, personaStatement, rollbackStatement, signedPersona, signedRollback, trustedRoot } from './signers.ts';

const trusted = trustedRoot();
const opened = (changes: Partial<PersonaStatement>) =>
  openPersona(signedPersona(personaStatement(changes), 'alice'), trusted, opening);
const permission = (changes: Partial<RollbackStatement> = {}) =>
  openRollback(signedRollback(rollbackStatement(changes), 'alice'), trusted, opening);
const here = { hostId: 'web-1', used: [], rollback: null };

const second = opened({ version: 2 });
const third = opened({ version: 3, previous: second.digest });
const markOf = ({ statement, digest }: typeof second) => ({ version: statement.version, digest });

/** The new mark, or the code of the refusal. */
function takenOrRefused(question: Parameters<typeof acceptVersion>[0]): ReturnType<typeof markOf> | string {
  try {
    return acceptVersion(question).mark;
  } catch (error) {
    return error instanceof GuiseError ? error.code : String(error);
  }
}

describe('a version', () => {
  it('is taken when it is the first, or follows', () => {
    const first = acceptVersion({ ...here, mark: null, persona: second });
    expect(first).toEqual({ mark: markOf(second), usedRollback: null });
    expect(acceptVersion({ ...here, mark: first.mark, persona: third }).mark).toEqual(markOf(third));
    expect(acceptVersion({ ...here, mark: first.mark, persona: second }).mark).toEqual(first.mark);
    const far = opened({ version: 9, previous: digestOfBytes(Buffer.from('never seen here')) });
    expect(acceptVersion({ ...here, mark: first.mark, persona: far }).mark.version).toBe(9);
  });

  it('is refused when history forked: another of the same number, or a next one of another', () => {
    const another = opened({ version: 2, expires_at: '2026-10-01T00:00:00.000Z' });
    const accept = (persona: typeof second) => () => acceptVersion({ ...here, mark: markOf(second), persona });
    expect(accept(another)).toThrow(/history forked/);
    expect(accept(opened({ version: 3, previous: another.digest }))).toThrow(/history forked/);
    expect(accept(opened({ version: 3, previous: null }))).toThrow(/history forked/);
  });

  it('is refused when it is older, and never lowers the mark', () => {
    const history: (typeof second)[] = [];
    for (let version = 1; version <= 6; version += 1) {
      history.push(opened({ version, previous: history.at(-1)?.digest ?? null }));
    }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }), (versions) => {
        let mark: ReturnType<typeof markOf> | null = null;
        for (const version of versions) {
          const persona = history[version - 1] ?? second;
          const highest: number = mark?.version ?? 0;
          const next = takenOrRefused({ ...here, mark, persona });
          expect(next).toEqual(version >= highest ? markOf(persona) : 'version_refused');
          if (typeof next !== 'string') mark = next;
        }
      }),
    );
  });
});

describe('going back', () => {
  const back = (changes: Partial<RollbackStatement> = {}, also: { hostId?: string; used?: readonly string[] } = {}) =>
    acceptVersion({ ...here, mark: markOf(third), persona: second, rollback: permission(changes), ...also });
  const refused = expect.objectContaining({ code: 'rollback_refused' });

  it('takes a permission, and uses it up', () => {
    const { mark, usedRollback } = back();
    expect(mark).toEqual(markOf(second));
    expect(usedRollback).toBe(rollbackStatement().id);
    expect(acceptVersion({ ...here, mark, persona: third }).mark).toEqual(markOf(third));
    expect(() => back({}, { used: [usedRollback ?? ''] })).toThrow(/used on this host before/);
  });

  it('is refused by a permission for another host, persona, environment, category or step', () => {
    expect(() => back({}, { hostId: 'db-1' })).toThrow(refused);
    expect(() => back({ persona_id: 'db' })).toThrow(refused);
    expect(() => back({ category: null })).toThrow(refused);
    expect(() => back({ to: 1 })).toThrow(refused);
    const staging = permission();
    const elsewhere = { ...staging, statement: { ...staging.statement, environment: 'staging' } };
    expect(() => acceptVersion({ ...here, mark: markOf(third), persona: second, rollback: elsewhere })).toThrow(
      refused,
    );
  });

  it('takes a host that lags behind where the others go, and none that is further ahead', () => {
    expect(back({ from: 9 }).mark).toEqual(markOf(second));
    const fourth = opened({ version: 4, previous: third.digest });
    const ahead = { ...here, mark: markOf(fourth), persona: second, rollback: permission() };
    expect(() => acceptVersion(ahead)).toThrow(refused);
  });

  it('is refused by a permission that ended', () => {
    expect(() => back({ expires_at: new Date(opening.nowMs).toISOString() })).toThrow(/ended/);
  });

  it('leaves a permission unused that nothing needs', () => {
    const accepted = acceptVersion({ ...here, mark: markOf(second), persona: third, rollback: permission() });
    expect(accepted.usedRollback).toBeNull();
  });
});

it('statements are bounded', () => {
  const hosts = Array.from({ length: 10_001 }, (_, index) => `h${index}`);
  expect(() => permission({ hosts })).toThrow(expect.objectContaining({ code: 'envelope_invalid' }));
  expect(limits.signaturesPerEnvelope).toBeLessThanOrEqual(limits.envelopeValues);
});
