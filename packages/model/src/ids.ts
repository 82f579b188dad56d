/**
 * Branded ids: strings that the compiler keeps apart. Each has one parser, which is the only way in from outside.
 */
import { GuiseError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type PersonaId = Branded<'PersonaId'>;
export type HostId = Branded<'HostId'>;
/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = Branded<'Digest'>;

const idPattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

export function parsePersonaId(text: string): PersonaId {
  return matched(
    text,
    idPattern,
    'persona id',
    'lower-case letters, digits, ".", "_" and "-", at most 64',
  ) as PersonaId;
}

export function parseHostId(text: string): HostId {
  return matched(text, idPattern, 'host id', 'lower-case letters, digits, ".", "_" and "-", at most 64') as HostId;
}

function matched(text: string, pattern: RegExp, what: string, rule: string): string {
  if (pattern.test(text)) return text;
  throw new GuiseError(
    'argument_invalid',
    `Cannot use ${JSON.stringify(text.slice(0, 80))} as ${what}: it must be ${rule}`,
  );
}
