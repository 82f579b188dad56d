/** For whom something is signed: said, or read from the root, or the usual. Throws: `argument_invalid`. */
import type { TrustedRoot } from '@guise/decide/trust';
import { GuiseError } from '@guise/model';

export const authorOptions = {
  key: { type: 'string', multiple: true, value: 'KEY', kind: 'key_file', summary: 'A private key that signs' },
  root: {
    type: 'string',
    value: 'ROOT',
    kind: 'file',
    summary: 'Tells the organization, and whether enough keys signed',
  },
  organization: { type: 'string', value: 'NAME', summary: "Default: the root's, or local" },
  environment: { type: 'string', value: 'NAME', summary: 'Default: the only one that the root names, or production' },
} as const;

const usualOrganization = 'local';
const usualEnvironment = 'production';
const namePattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

interface AuthorOptionValues {
  readonly organization: string | undefined;
  readonly environment: string | undefined;
}

export function authoredFor(
  { organization, environment }: AuthorOptionValues,
  trusted: TrustedRoot | null,
): { readonly organization: string; readonly environment: string } {
  if (trusted !== null && organization !== undefined && organization !== trusted.organization) {
    throw new GuiseError('argument_invalid', `Cannot sign for ${organization}: the root is of ${trusted.organization}`);
  }
  return {
    organization: checkedName(organization ?? trusted?.organization ?? usualOrganization, '--organization'),
    environment: checkedName(environment ?? onlyEnvironmentOf(trusted) ?? usualEnvironment, '--environment'),
  };
}

export function checkedName(text: string, flag: string): string {
  if (namePattern.test(text)) return text;
  const rule = 'it must be lower-case letters, digits, ".", "_" or "-", at most 64';
  throw new GuiseError('argument_invalid', `Cannot use ${flag} ${JSON.stringify(text)}: ${rule}`);
}

/** A version as people type it. */
export function versionOption(text: string, flag: string): number {
  const version = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (version >= 1) return version;
  throw new GuiseError(
    'argument_invalid',
    `Cannot use ${flag} ${JSON.stringify(text)}: it must be a version, 1 or more`,
  );
}

function onlyEnvironmentOf(trusted: TrustedRoot | null): string | undefined {
  const named = new Set(trusted?.personas.map(({ environment }) => environment).filter((name) => name !== '*'));
  return named.size === 1 ? [...named][0] : undefined;
}
