/** How something signed is refused: one sentence that says what of it, and why. */
import { type ErrorCode, GuiseError } from '@guise/model';

export type Refuse = (reason: string, code?: ErrorCode) => GuiseError;

/** `what` as in "the persona"; a reason may come with a code of its own. */
export function refuser(what: string, usual: ErrorCode): Refuse {
  return (reason, code = usual) => new GuiseError(code, `Cannot accept ${what}: ${reason}`);
}

/** As much of a schema as is asked of one here. The type says what it stands for. */
export interface Schema<T> {
  readonly safeParse: (value: unknown) => {
    readonly success: boolean;
    readonly data?: T;
    readonly error?: SchemaError;
  };
}

interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** The value as it came when the schema takes it: what was signed is what is used, not a copy. */
export function conforming<T>(schema: Schema<T>, value: unknown, refuse: Refuse): T {
  const result = schema.safeParse(value);
  if (result.success) return value as T;
  const issue = result.error?.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  throw refuse(printable(path === '' ? (issue?.message ?? '') : `${path}: ${issue?.message}`));
}

/** Of words that somebody unknown chose: short, and nothing that a terminal obeys. */
export function printable(text: string): string {
  const plain = text.replace(/[^ -~]/g, '?');
  return plain.length <= 200 ? plain : `${plain.slice(0, 200)}…`;
}
