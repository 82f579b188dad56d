/** Who asks: a person who logged in, the bearer of a token, or the agent of a host. */
import type { Action } from '@guise/api';
import type { HostId, PersonaId } from '@guise/model';

/** What a token may at most do, whatever its roles say. What is left out is not limited. */
export interface TokenScope {
  readonly actions?: readonly Action[] | undefined;
  readonly hosts?: readonly HostId[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly personas?: readonly PersonaId[] | undefined;
}

interface Person {
  readonly type: 'User';
  /** As policies name him: his verified email, or else issuer and subject. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly groups: readonly string[];
}

interface Bearer {
  readonly type: 'Program';
  /** The token's name. */
  readonly id: string;
}

/** People and programs. */
export type Asker = (Person | Bearer) & {
  /** As the audit trail names him. */
  readonly actor: string;
  readonly roles: readonly string[];
  readonly scope: TokenScope | null;
  /** Of the token that was shown; null where nothing was. */
  readonly tokenId: string | null;
  readonly expiresAt: string | null;
};

export type Principal = Asker | { readonly type: 'Host'; readonly id: HostId; readonly actor: string };

/** Routes that are open to anybody are asked by nobody in particular. */
export const anonymous: Asker = {
  type: 'Program',
  id: 'anonymous',
  actor: 'anonymous',
  roles: [],
  scope: null,
  tokenId: null,
  expiresAt: null,
};

export function hostPrincipal(hostId: HostId): Principal {
  return { type: 'Host', id: hostId, actor: `host/${hostId}` };
}
