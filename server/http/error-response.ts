import type { AppError } from '../core/errors.ts';

/** An error as an OpenAI client reads it, with `Retry-After` when there is something to wait for. */
export function errorResponse(error: AppError): Response {
  const headers: Record<string, string> = { ...error.details.headers };
  const { retryAfterMs } = error.details;
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  return Response.json(error.toBody(), { status: error.status, headers });
}
