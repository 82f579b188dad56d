/** Who has to sign, and who is counted. */
import { openPersona, openRollback, refuseExpired } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import { type Envelope, payloadTypes, type SigningRule } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { newSigningKey } from '@guise/trust/signing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authors,
  idsOf,
  nowMs,
  opening,
  personaStatement,
  rollbackStatement,
  rootStatement,
  signedPersona,
  signedRollback,
  signedRoot,
  trustedRoot,
  verify,
} from './signers.ts';

const all = ['alice', 'bob', 'carol'] as const;
const refusedAs = (code: string) => expect.objectContaining({ code });

function ruleOf(
  environment: string,
  category: string,
  threshold: number,
  who: readonly (typeof all)[number][] = all,
): SigningRule {
  return { environment, category, threshold, keys: idsOf(...who) };
}

/** The names of the signers, or the code of the refusal. */
function outcomeOf(open: () => { readonly signers: readonly string[] }): readonly string[] | string {
  try {
    return open().signers.toSorted();
  } catch (error) {
    return error instanceof GuiseError ? error.code : String(error);
  }
}

describe('signers of a persona', () => {
  it('are m distinct keys of n', () => {
    fc.assert(
      fc.property(fc.subarray([...all], { minLength: 1 }), fc.integer({ min: 1, max: 3 }), (who, threshold) => {
        const trusted = trustedRoot({ personas: [ruleOf('*', '*', threshold)] });
        const outcome = outcomeOf(() => openPersona(signedPersona(personaStatement(), ...who), trusted, opening));
        expect(outcome).toEqual(who.length >= threshold ? who : 'signature_missing');
      }),
    );
  });

  it('are not counted twice for signing twice, nor for a key under two ids', () => {
    const trusted = trustedRoot({ personas: [ruleOf('*', '*', 2)] });
    const envelope = signedPersona(personaStatement(), 'alice');
    const [signature] = envelope.signatures;
    if (signature === undefined) throw new Error('alice did not sign');
    const twice = { ...envelope, signatures: [signature, signature] };
    expect(() => openPersona(twice, trusted, opening)).toThrow(refusedAs('envelope_invalid'));
    // As if a root had let alice's key in under bob's id.
    const key = trusted.keys.get(authors.alice.keyId);
    if (key === undefined) throw new Error('the root has no alice');
    const [other = ''] = idsOf('bob');
    const keys = new Map([...trusted.keys, [other, { ...key, keyId: other }]]);
    const signatures = [signature, { ...signature, keyid: other }].toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1));
    expect(() => openPersona({ ...envelope, signatures }, { ...trusted, keys }, opening)).toThrow(
      refusedAs('signature_missing'),
    );
  });

  it('are keys of the root, and sign well, every one', () => {
    const trusted = trustedRoot();
    const stranger = signStatement(payloadTypes.persona, personaStatement(), [authors.alice, newSigningKey()]);
    expect(() => openPersona(stranger, trusted, opening)).toThrow(refusedAs('signature_missing'));
    const envelope = signedPersona(personaStatement(), 'alice', 'bob');
    const [first, second] = envelope.signatures;
    if (first === undefined || second === undefined) throw new Error('two did not sign');
    const swapped = {
      ...envelope,
      signatures: [
        { ...first, sig: second.sig },
        { ...second, sig: first.sig },
      ],
    };
    expect(() => openPersona(swapped, trusted, opening)).toThrow(/not good/);
  });

  it('are those of the most specific rule, environment before category', () => {
    const open = (personas: SigningRule[]) =>
      openPersona(signedPersona(personaStatement(), 'alice'), trustedRoot({ personas }), opening);
    const exact = ruleOf('production', 'web_server', 1, ['alice']);
    const environment = ruleOf('production', '*', 1, ['alice']);
    const category = ruleOf('*', 'web_server', 1, ['alice']);
    const any = ruleOf('*', '*', 1, ['alice']);
    const not = (rule: SigningRule) => ({ ...rule, keys: idsOf('bob') });
    expect(open([not(any), not(category), not(environment), exact]).signers).toEqual(['alice']);
    expect(open([not(any), not(category), environment]).signers).toEqual(['alice']);
    expect(open([not(any), category]).signers).toEqual(['alice']);
    expect(() => open([any, category, environment, not(exact)])).toThrow(refusedAs('signature_missing'));
    expect(() => open([any, category, not(environment)])).toThrow(refusedAs('signature_missing'));
    expect(() => open([any, not(category)])).toThrow(refusedAs('signature_missing'));
    expect(() => open([ruleOf('staging', '*', 1), ruleOf('*', 'database', 1)])).toThrow(/nobody may sign/);
  });
});

describe('a signed persona', () => {
  it('is refused in another environment or organisation', () => {
    const envelope = signedPersona(personaStatement(), 'alice');
    const staging = { ...opening, environment: 'staging' };
    expect(() => openPersona(envelope, trustedRoot(), staging)).toThrow(
      /for environment production, and this is staging/,
    );
    const other = signedPersona(personaStatement({ organization: 'other' }), 'alice');
    expect(() => openPersona(other, trustedRoot(), opening)).toThrow(/for organization other, and this is acme/);
  });

  it('is refused as any other kind of statement, and no other kind is a persona', () => {
    const persona = signedPersona(personaStatement(), 'alice');
    const rollback = signedRollback(rollbackStatement(), 'alice');
    const root = signedRoot(rootStatement(), 'alice');
    const trusted = trustedRoot();
    for (const envelope of [rollback, root])
      expect(() => openPersona(envelope, trusted, opening)).toThrow(/payload type/);
    for (const envelope of [persona, root])
      expect(() => openRollback(envelope, trusted, opening)).toThrow(/payload type/);
    const renamed: Envelope = { ...rollback, payloadType: payloadTypes.persona };
    expect(() => openPersona(renamed, trusted, opening)).toThrow(/not good/);
    const signedAsPersona = signStatement(payloadTypes.persona, rollbackStatement(), [authors.alice]);
    expect(() => openPersona(signedAsPersona, trusted, opening)).toThrow(refusedAs('envelope_invalid'));
  });

  it('says when it has ended, by itself or with its root, and is then refused as new', () => {
    const past = '2026-05-01T00:00:00.000Z';
    const ended = openPersona(signedPersona(personaStatement({ expires_at: past }), 'alice'), trustedRoot(), opening);
    expect(ended).toMatchObject({ expired: true, expiresAt: past });
    expect(() => refuseExpired(ended)).toThrow(refusedAs('signature_expired'));
    const orphaned = openPersona(
      signedPersona(personaStatement(), 'alice'),
      trustedRoot({ expires_at: past }),
      opening,
    );
    expect(orphaned).toMatchObject({ expired: true, expiresAt: past });
    const atTheEnd = openPersona(
      signedPersona(personaStatement({ expires_at: new Date(nowMs).toISOString() }), 'alice'),
      trustedRoot(),
      opening,
    );
    expect(atTheEnd.expired).toBe(true);
    expect(() =>
      refuseExpired(openPersona(signedPersona(personaStatement(), 'alice'), trustedRoot(), opening)),
    ).not.toThrow();
  });
});

describe('a permission to go back', () => {
  it('is signed by whom the root names for it', () => {
    const trusted = trustedRoot({ rollbacks: [ruleOf('production', '*', 1, ['bob'])] });
    expect(openRollback(signedRollback(rollbackStatement(), 'bob'), trusted, opening).signers).toEqual(['bob']);
    expect(() => openRollback(signedRollback(rollbackStatement(), 'alice'), trusted, opening)).toThrow(
      refusedAs('signature_missing'),
    );
  });

  it('leads back', () => {
    const forward = signedRollback(rollbackStatement({ from: 2, to: 3 }), 'alice');
    expect(() => openRollback(forward, trustedRoot(), { ...opening, verify })).toThrow(/not back/);
  });
});
