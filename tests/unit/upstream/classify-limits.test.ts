import { describe, expect, test } from 'bun:test';
import type { ClassifyContext, Failure } from '../../../server/upstream/classify.ts';
import { answer, decide, nowMs, nowSeconds, summary } from './verdict.ts';

describe('limits of an account', () => {
  test('F1: a spent quota cools the account for all models until the stated reset', () => {
    const body = {
      error: {
        type: 'usage_limit_reached',
        message: 'The usage limit has been reached',
        plan_type: 'plus',
        resets_at: nowSeconds + 13_872,
        eligible_promo: null,
        resets_in_seconds: 13_872,
      },
    };
    expect(decide(answer(429, body))).toEqual({
      code: 'usage_limit_reached',
      fault: 'account',
      effect: { kind: 'cool', reason: 'usage_limit_reached', untilMs: nowMs + 13_872_000, quotaSpent: true },
      next: 'other-account',
      retryAfterMs: 13_872_000,
      resetsAtMs: nowMs + 13_872_000,
      status: 429,
      body: {
        message: 'The usage limit has been reached.',
        type: 'usage_limit_reached',
        code: 'usage_limit_reached',
        param: null,
        resets_at: nowSeconds + 13_872,
        resets_in_seconds: 13_872,
      },
      clientWaitMs: 13_872_000,
    });
  });

  const spent = (fields: object, extra: Partial<ClassifyContext> = {}, headers: Record<string, string> = {}) => {
    const { effect } = decide(answer(429, { error: { type: 'usage_limit_reached', ...fields } }, headers), extra);
    return effect.kind === 'cool' ? (effect.untilMs ?? 0) - nowMs : effect.kind;
  };
  const hour = 3_600;
  test.each([
    ['only resets_at', { resets_at: nowSeconds + hour }, {}, hour * 1_000],
    ['only resets_in_seconds', { resets_in_seconds: 90 }, {}, 90_000],
    ['neither, but a window is known to be spent', {}, { windowsResetMs: nowMs + 7_000 }, 7_000],
    ['nothing at all', {}, {}, hour * 1_000],
    [
      'R11: a clock an hour off: the span wins over the time',
      { resets_at: nowSeconds + 2 * hour, resets_in_seconds: hour },
      {},
      hour * 1_000,
    ],
    ['R11: a reset in the past is not believed', { resets_at: nowSeconds - hour }, {}, hour * 1_000],
    ['R11: a reset beyond any window is not believed', { resets_at: nowSeconds + 36 * 86_400 }, {}, hour * 1_000],
    ['milliseconds where seconds belong are not believed', { resets_at: nowMs }, {}, hour * 1_000],
    ['R11: a known window with an impossible reset is not believed', {}, { windowsResetMs: nowMs - 1 }, hour * 1_000],
  ])('F1: the end of the cool-down: %s', (_, fields, extra, expected) => {
    expect(spent(fields, extra)).toBe(expected);
  });
  test('F1: Retry-After ends the cool-down when no reset is known', () => {
    expect(spent({}, {}, { 'retry-after': '120' })).toBe(120_000);
  });

  const burst = { error: { code: 'rate_limit_exceeded', message: 'Rate limit reached. Please try again in 1.2s.' } };
  test.each<[string, Failure, number]>([
    ['the message', answer(429, burst), 1_200],
    [
      'the message in milliseconds',
      answer(429, { error: { code: 'rate_limit_exceeded', message: 'try again in 850ms' } }),
      850,
    ],
    ['Retry-After before the message', answer(429, burst, { 'retry-after': '3' }), 3_000],
    ['Retry-After as a date', answer(429, burst, { 'retry-after': new Date(nowMs + 4_000).toUTCString() }), 4_000],
    [
      'R11: a date from a clock an hour ahead, bounded',
      answer(429, burst, { 'retry-after': new Date(nowMs + 3_600_000).toUTCString() }),
      300_000,
    ],
    ['nothing said', answer(429, { error: { type: 'rate_limit_error', message: 'Slow.' } }), 5_000],
    ['a code nobody knows', answer(429, { error: { code: 'novel', message: 'Too many.' } }), 5_000],
    [
      'inside a stream',
      { phase: 'stream', event: { type: 'response.failed', response: { error: burst.error } } },
      1_200,
    ],
  ])('F13: a burst limit cools for moments, by %s', (_, failure, waitMs) => {
    expect(decide(failure)).toEqual({
      code: 'rate_limit_exceeded',
      fault: 'account',
      effect: { kind: 'cool', reason: 'rate_limit_exceeded', untilMs: nowMs + waitMs },
      next: 'other-account',
      retryAfterMs: waitMs,
      status: 429,
      body: {
        message: 'The upstream limits the rate of requests. Please try again later.',
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
        param: null,
      },
      clientWaitMs: waitMs,
    });
  });

  test.each([
    ['insufficient_quota'],
    ['credit_balance_exhausted'],
    ['organization_spend_limit_exceeded'],
    ['organization_usage_limit_exceeded'],
    ['project_spend_limit_exceeded'],
  ])('a billing limit (%s) cools for hours and tells the client no time', (code) => {
    expect(decide(answer(429, { error: { code, message: 'Pay for org-123.' } }))).toEqual({
      code: 'billing_limit',
      fault: 'account',
      effect: { kind: 'cool', reason: 'billing_limit', untilMs: nowMs + 6 * 3_600_000 },
      next: 'other-account',
      retryAfterMs: 6 * 3_600_000,
      status: 503,
      body: {
        message: 'No account could serve this request.',
        type: 'server_error',
        code: 'no_usable_account',
        param: null,
      },
      clientWaitMs: undefined,
    });
  });

  test('the header of a reached limit makes a 429 without a code a spent quota', () => {
    expect(
      summary(
        answer(429, { detail: 'Too many' }, { 'x-codex-rate-limit-reached-type': 'workspace_owner_credits_depleted' }),
      ),
    ).toEqual(['usage_limit_reached', 'account', 'cool', 'other-account', 429, 'usage_limit_reached']);
  });
});
