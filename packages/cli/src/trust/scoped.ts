/** `[ENV[/CATEGORY]=]VALUE`: a value for an environment and a category, or for any. Throws: `argument_invalid`. */
import { GuiseError } from '@guise/model';

export interface Scope {
  /** `*` is any. */
  readonly environment: string;
  readonly category: string;
}

export interface Scoped {
  readonly scope: Scope;
  readonly value: string;
}

const name = String.raw`\*|[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?`;
const pattern = new RegExp(`^(?:(${name})(?:/(${name}))?=)?([^=]+)$`);

export function parseScoped(text: string): Scoped {
  const [, environment = '*', category = '*', value] = pattern.exec(text) ?? [];
  if (value !== undefined) return { scope: { environment, category }, value };
  throw new GuiseError(
    'argument_invalid',
    `Cannot read ${JSON.stringify(text)}: write VALUE, ENVIRONMENT=VALUE or ENVIRONMENT/CATEGORY=VALUE; "*" is any`,
  );
}

/** `ENV[/CATEGORY]`. Throws: `argument_invalid`. */
export function parseScope(text: string): Scope {
  return parseScoped(`${text}=${text}`).scope;
}
