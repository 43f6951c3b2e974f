import { type ClassifyContext, classify, type Failure } from '../../../server/upstream/classify.ts';

export const nowMs = 1_795_305_600_000;
export const nowSeconds = nowMs / 1_000;

/** The verdict with the client's error taken apart, so that whole values can be compared. */
export function decide(failure: Failure, extra: Partial<ClassifyContext> = {}) {
  const { error, ...rest } = classify(failure, { model: 'gpt-5.5', nowMs, ...extra });
  const body: Record<string, unknown> & { message: string } = error.toBody().error;
  return { ...rest, status: error.status, body, clientWaitMs: error.details.retryAfterMs };
}

/** What matters most, in one line: code, fault, effect, next step, the client's status and code. */
export function summary(failure: Failure, extra: Partial<ClassifyContext> = {}) {
  const { code, fault, effect, next, status, body } = decide(failure, extra);
  return [code, fault, effect.kind, next, status, body['code']];
}

/** An answer of the upstream with that status; an object becomes JSON. */
export const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Failure => ({
  phase: 'status',
  status,
  headers: new Headers(headers),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** A page of the edge; its text must never reach a client. */
export const html = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>secret page</body></html>';
