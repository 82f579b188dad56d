/**
 * What is said of secret content without saying what it is.
 *
 * Content with a secret in it is named in three steps. Compiled, it is a recipe: text, and names of secrets, under `secret:` and the
 * recipe's digest; that is kept on disk and holds no secret. Opened, in the memory of the host alone, it is bytes under `hmac-sha256:`
 * and a digest that only this host's own key can make, so nobody can guess a short secret from it. Reported, it is `(secret)`.
 * So wherever a digest goes, it says by itself that its content is to be encrypted at rest and shown to nobody.
 * Source: docs/adr/0021-secrets.md.
 */
import type { Digest } from './ids.ts';
import type { Json } from './json.ts';
import type { State } from './resource.ts';

/** Text as it is, or the value of a secret in its place. */
export type ContentPart = string | { readonly secret: string };

/** What is to be written, in order, with secrets by name. */
export type SecretContent = readonly ContentPart[];

export const recipePrefix = 'secret:';
export const keyedPrefix = 'hmac-sha256:';
/** Instead of a digest, wherever a report may go. */
export const shownSecret = '(secret)';

/** Of opened content. */
export function isKeyedDigest(value: Json | undefined): value is Digest {
  return typeof value === 'string' && value.startsWith(keyedPrefix);
}

/** Of content that is not opened yet. */
export function isRecipeDigest(value: Json | undefined): value is Digest {
  return typeof value === 'string' && value.startsWith(recipePrefix);
}

/** Whether the content of what this is the state of is secret. */
export function isSecretState(state: State | null | undefined): boolean {
  return isKeyedDigest(state?.['digest']) || isRecipeDigest(state?.['digest']);
}

/** A state for others' eyes. */
export function shownState(state: State): State {
  return isSecretState(state) ? { ...state, digest: shownSecret } : state;
}

export function shownValue(value: Json): Json {
  return isKeyedDigest(value) || isRecipeDigest(value) ? shownSecret : value;
}
