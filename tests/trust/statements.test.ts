/** Roots and permissions as bytes, and whatever an author may sign: taken as it is or refused, never half taken and never a crash. */
import { decodeEnvelopeFile, encodeEnvelopeFile, openPersona, openRollback, openRoot } from '@guise/decide/trust';
import { GuiseError, type Json } from '@guise/model';
import { type Envelope, payloadTypes } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authors,
  isUsableKey,
  opening,
  personaStatement,
  rollbackStatement,
  rootStatement,
  signedRollback,
  signedRoot,
  trustedRoot,
  verify,
} from './signers.ts';

const trusted = trustedRoot();
const refusals = ['envelope_invalid', 'signature_missing', 'root_refused'];
const openers: { readonly [kind: string]: (envelope: Envelope) => unknown } = {
  persona: (envelope) => openPersona(envelope, trusted, opening).statement,
  rollback: (envelope) => openRollback(envelope, trusted, opening).statement,
  root: (envelope) => openRoot(envelope, null, { verify, isUsableKey }).version,
};

/** What was opened, or the code of the refusal; anything else is a crash. */
function outcomeOf(open: () => unknown): { readonly opened: unknown } | { readonly code: string } {
  try {
    return { opened: open() };
  } catch (error) {
    if (error instanceof GuiseError) return { code: error.code };
    throw error;
  }
}

describe('with a byte flipped', () => {
  it.each([
    ['root', signedRoot(rootStatement(), 'alice')],
    ['rollback', signedRollback(rollbackStatement(), 'alice')],
  ] as const)('a %s is refused', (kind, envelope) => {
    const file = Buffer.from(encodeEnvelopeFile(envelope));
    for (let index = 0; index < file.length; index += 1) {
      const changed = Buffer.from(file);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      const outcome = outcomeOf(() => openers[kind]?.(decodeEnvelopeFile(changed)));
      expect(refusals.map((code) => ({ code }))).toContainEqual(outcome);
    }
  });
});

describe('whatever an author signs', () => {
  const statements = [
    ['persona', personaStatement()],
    ['rollback', rollbackStatement()],
    ['root', rootStatement()],
  ] as const;

  it.each(statements)(
    'as a %s, with any value in the place of any other, is taken as it is or refused',
    (kind, good) => {
      const places = placesIn(good as unknown as Json);
      fc.assert(
        fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), (place, value) => {
          const statement = withValueAt(good as unknown as Json, place, value as Json);
          const envelope = signStatement(payloadTypes[kind], statement as object, [authors.alice]);
          const outcome = outcomeOf(() => openers[kind]?.(envelope));
          if ('code' in outcome) return refusals.includes(outcome.code);
          return kind === 'root' || JSON.stringify(outcome.opened) === JSON.stringify(sorted(statement));
        }),
        { numRuns: 300 },
      );
      expect(places.length).toBeGreaterThan(10);
    },
  );
});

type Place = readonly (string | number)[];

function placesIn(value: Json, at: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inside = Object.entries(value).flatMap(([key, each]) => placesIn(each as Json, [...at, key]));
  return at.length === 0 ? inside : [at, ...inside];
}

function withValueAt(from: Json, place: Place, value: Json): Json {
  const [key, ...rest] = place;
  if (key === undefined) return value;
  const copy = (Array.isArray(from) ? [...from] : { ...(from as object) }) as Record<string | number, Json>;
  copy[key] = withValueAt(copy[key] ?? null, rest, value);
  return copy;
}

/** Keys as canonical JSON has them. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each as Json)]),
  );
}
