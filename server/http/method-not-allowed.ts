import { AppError } from '../core/errors.ts';

/** The 405 of a path that knows only these methods. */
export function methodNotAllowed(methods: readonly string[]): AppError {
  return new AppError('method_not_allowed', `Not allowed for this path; use ${methods.join(' or ')}.`, {
    headers: { allow: methods.join(', ') },
  });
}
