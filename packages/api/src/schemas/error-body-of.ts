import type { ErrorCode } from '@guise/model';
import { GuiseError, isErrorCode } from '@guise/model';
import type { ErrorBody } from './error-body.ts';

export function errorBodyOf(error: GuiseError): ErrorBody {
  return { error: { code: error.code, message: error.message, problems: [...error.problems] } };
}

export function errorFrom(body: ErrorBody, fallback: ErrorCode): GuiseError {
  const { code, message, problems } = body.error;
  return new GuiseError(isErrorCode(code) ? code : fallback, message, { problems });
}
