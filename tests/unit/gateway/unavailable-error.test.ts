import { expect, test } from 'bun:test';
import { unavailableError } from '../../../server/gateway/unavailable-error.ts';

const now = Date.UTC(2026, 10, 23);

test.each([
  { unavailable: { reason: 'none' }, status: 503, code: 'no_accounts' },
  { unavailable: { reason: 'unusable' }, status: 503, code: 'no_usable_account' },
  { unavailable: { reason: 'model' }, status: 404, code: 'model_not_found' },
  { unavailable: { reason: 'busy' }, status: 429, code: 'rate_limit_exceeded' },
  { unavailable: { reason: 'tried' }, status: 503, code: 'server_is_overloaded' },
  { unavailable: { reason: 'cooling', untilMs: now + 3_600_000 }, status: 429, code: 'rate_limit_exceeded' },
] as const)('$unavailable.reason is $status $code', ({ unavailable, status, code }) => {
  const error = unavailableError(unavailable, now, false);
  expect({ status: error.status, code: error.toBody().error.code }).toEqual({ status, code });
});

test('F5: the earliest reset is named, as a wait and as a time', () => {
  const error = unavailableError({ reason: 'cooling', untilMs: now + 90_000 }, now, false);
  expect(error.details.retryAfterMs).toBe(90_000);
  expect(error.toBody().error).toMatchObject({ resets_at: now / 1000 + 90, resets_in_seconds: 90 });
});

test('a Codex client is told to stop for a long wait and to wait for a short one', () => {
  const codeFor = (waitMs: number) =>
    unavailableError({ reason: 'cooling', untilMs: now + waitMs }, now, true).toBody().error.code;
  expect(codeFor(3_600_000)).toBe('usage_limit_reached');
  expect(codeFor(5_000)).toBe('rate_limit_exceeded');
});

test('a reset that has just passed still asks for a moment', () => {
  expect(unavailableError({ reason: 'cooling', untilMs: now - 5 }, now, false).details.retryAfterMs).toBe(1_000);
});
