import type { z } from 'zod';
import { AppError } from '../core/errors.ts';

type Issue = z.core.$ZodIssue;

/**
 * The first problem zod found in a request body, as the 400 `invalid_request` a client of OpenAI's API expects:
 * `param` is written as OpenAI writes it (`messages[0].content`), the message says what was expected there.
 */
export function invalidRequest(error: z.ZodError, body: unknown): AppError {
  const issue = error.issues[0];
  if (!issue) return new AppError('invalid_request', 'The request body is not valid.');
  const { path, message } = deepest(issue);
  if (path.length === 0) return new AppError('invalid_request', 'The request body must be a JSON object.');
  const param = paramOf(path);
  const text =
    valueAt(body, path) === undefined
      ? `Missing required parameter: '${param}'.`
      : `Invalid value for '${param}': ${message.replace(/^Invalid (input|option): /, '')}.`;
  return new AppError('invalid_request', text, { param });
}

/** `['messages', 0, 'content']` as `messages[0].content`. */
export function paramOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/**
 * Of a union's branches the one that got into the value is the one the client meant; when none did, the union's own
 * message names all that would have been accepted.
 */
function deepest(issue: Issue): { path: readonly PropertyKey[]; message: string } {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors
    .flatMap((branch) => branch.slice(0, 1))
    .map(deepest)
    .find((problem) => problem.path.length > 0);
  return inner ? { path: [...issue.path, ...inner.path], message: inner.message } : issue;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    body,
  );
}
