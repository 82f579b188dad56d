/** What an envelope on disk or on the wire can be turned into: nothing that anybody accepts. */
import {
  decodeEnvelope,
  decodeEnvelopeFile,
  encodeEnvelope,
  encodeEnvelopeFile,
  openPersona,
} from '@guise/decide/trust';
import { GuiseError, limits } from '@guise/model';
import { type Envelope, payloadTypes } from '@guise/model/trust';
import { signPayload, signStatement } from '@guise/trust/sign-statement';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authors, opening, personaStatement, signedPersona, trustedRoot } from './signers.ts';

const trusted = trustedRoot();
const envelope = signedPersona(personaStatement(), 'alice', 'bob');
const file = Buffer.from(encodeEnvelopeFile(envelope));

function accept(bytes: Uint8Array) {
  return openPersona(decodeEnvelopeFile(bytes), trusted, opening);
}

/** Refused means a GuiseError of one of the codes for it: anything else is a crash. */
function refused(bytes: Uint8Array): string | undefined {
  try {
    accept(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    return error.code;
  }
}

const refusals = ['envelope_invalid', 'signature_missing'];

describe('an envelope file', () => {
  it('is what its authors signed', () => {
    const opened = accept(file);
    expect(opened.statement).toEqual(personaStatement());
    expect(new Set(opened.signers)).toEqual(new Set(['alice', 'bob']));
    expect(opened.expired).toBe(false);
  });

  it('is refused with any bit of any byte flipped', () => {
    for (let index = 0; index < file.length; index += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(file);
        changed[index] = (changed[index] ?? 0) ^ (1 << bit);
        expect(refusals).toContain(refused(changed));
      }
    }
  });

  it('is refused when it is cut anywhere, or anything stands around it', () => {
    for (let length = 0; length < file.length; length += 1)
      expect(refusals).toContain(refused(file.subarray(0, length)));
    for (const [before, after] of [
      ['', '\n'],
      ['', ' '],
      [' ', ''],
      ['\ufeff', ''],
      ['', '\r\n'],
      ['', '\0'],
    ]) {
      const around = Buffer.concat([Buffer.from(before ?? ''), file, Buffer.from(after ?? '')]);
      expect(refused(around)).toBe('envelope_invalid');
    }
  });

  it('ends with one line feed, and on the wire with none', () => {
    const text = encodeEnvelope(envelope);
    expect(decodeEnvelope(text)).toEqual(envelope);
    expect(() => decodeEnvelope(`${text}\n`)).toThrow(/canonical/);
    expect(() => decodeEnvelopeFile(Buffer.from(text))).toThrow(/one line feed/);
  });

  it('has its signatures in one order', () => {
    const turned = { ...envelope, signatures: envelope.signatures.toReversed() };
    expect(() => decodeEnvelope(encodeEnvelope(turned))).toThrow(/order of their key ids/);
    expect(() => openPersona(turned, trusted, opening)).toThrow(/order of their key ids/);
  });

  it('is refused whatever bytes are put in the place of others', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(64), fc.uint8Array({ maxLength: 64 }), (start, length, bytes) => {
        const changed = Buffer.concat([file.subarray(0, start), bytes, file.subarray(start + length)]);
        fc.pre(!changed.equals(file));
        expect(refusals).toContain(refused(changed));
      }),
    );
  });

  it('is never arbitrary bytes or arbitrary JSON', () => {
    const isRefused = (bytes: Uint8Array) => {
      expect(refused(bytes)).toBe('envelope_invalid');
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), isRefused));
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => isRefused(Buffer.from(`${text}\n`))));
  });
});

describe('JSON that is deep or huge', () => {
  const deep = '['.repeat(4_000_000);
  const wide = `[${'0,'.repeat(4_000_000)}0]`;

  it('is refused before it is parsed, as an envelope', () => {
    for (const text of [
      deep,
      wide,
      `{"payload":${deep}`,
      `"${'\\"'.repeat(1_000_000)}`,
      ' '.repeat(limits.envelopeSizeBytes + 2),
    ]) {
      expect(refused(Buffer.from(`${text}\n`))).toBe('envelope_invalid');
    }
  });

  it('is refused before it is parsed, also when an author signed it', () => {
    for (const [text, reason] of [
      [deep, /deep/],
      [wide, /values/],
    ] as const) {
      const signed = signPayload(payloadTypes.persona, Buffer.from(text), [authors.alice]);
      expect(() => openPersona(signed, trusted, opening)).toThrow(reason);
    }
  });
});

describe('what an author signed carelessly', () => {
  const statement = personaStatement();
  const open = (signed: Envelope) => openPersona(signed, trusted, opening);
  const signedText = (text: string) => signPayload(payloadTypes.persona, Buffer.from(text), [authors.alice]);

  it('is refused when it is not canonical', () => {
    expect(() => open(signedText(JSON.stringify(statement, null, 1)))).toThrow(/canonical/);
    expect(() => open(signedText('{"__proto__":{"organization":"acme"}}'))).toThrow(/__proto__/);
    expect(() => open(signedText('"\\ud800"'))).toThrow(/canonical/);
    expect(() => open(signedText('{"a":1,"a":1}'))).toThrow(/canonical/);
  });

  it('is refused when it has a key too many, or says something else than the persona inside it', () => {
    const changed = (changes: object) => () =>
      open(signStatement(payloadTypes.persona, { ...statement, ...changes }, [authors.alice]));
    expect(changed({})).not.toThrow();
    expect(changed({ more: 1 })).toThrow(/more/);
    expect(changed({ persona_id: 'other' })).toThrow(/"persona_id" is not that/);
    expect(changed({ category: null })).toThrow(/"category" is not that/);
    expect(changed({ extends: [] })).toThrow(/"extends" is not that/);
    expect(changed({ files: [] })).toThrow(/"files" is not that/);
    expect(changed({ persona: { ...statement.persona, ancestors: [] } })).toThrow(/"extends" is not that/);
    const own = {
      ...statement.persona.own,
      document: { ...statement.persona.own.document, files: { '/etc/motd': { content: 'x' } } },
    };
    expect(changed({ persona: { ...statement.persona, own } })).toThrow(/"files" is not that/);
    for (const files of [7, null, { a: null }, { a: { content: 7 } }]) {
      const odd = { ...statement.persona.own, document: { ...statement.persona.own.document, files } };
      expect(changed({ persona: { ...statement.persona, own: odd } })).toThrow(
        expect.objectContaining({ code: 'envelope_invalid' }),
      );
    }
  });
});
