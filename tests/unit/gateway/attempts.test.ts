import { expect, test } from 'bun:test';
import { AppError } from '../../../server/core/errors.ts';
import { type AttemptHistory, decide, retryWaitMs } from '../../../server/gateway/attempts.ts';
import type { NextStep, Verdict } from '../../../server/upstream/failure.ts';

const verdict = (next: NextStep): Verdict => ({
  code: 'x',
  fault: 'upstream',
  effect: { kind: 'none' },
  next,
  error: new AppError('upstream_error', 'x'),
});
const history = (changes: Partial<AttemptHistory> = {}): AttemptHistory => ({
  calls: 1,
  excluded: new Set(),
  retryable: new Set(),
  renewed: new Set(),
  repairs: new Set(),
  ...changes,
});

test.each([
  { next: 'give-up', expected: { kind: 'give-up' } },
  { next: 'refresh', expected: { kind: 'renew' } },
  { next: 'strip-reasoning', expected: { kind: 'repair', repair: 'strip-reasoning' } },
  { next: 'drop-service-tier', expected: { kind: 'repair', repair: 'drop-service-tier' } },
  { next: 'switch-dialect', expected: { kind: 'repair', repair: 'switch-dialect' } },
  { next: 'other-account', expected: { kind: 'next-account' } },
  { next: 'retry-any', expected: { kind: 'retry' } },
] as const)('$next leads to $expected.kind', ({ next, expected }) => {
  expect(decide(verdict(next), history(), { maxCalls: 6 })).toEqual(expected);
});

test('a repair is made once', () => {
  expect(decide(verdict('switch-dialect'), history({ repairs: new Set(['switch-dialect']) }), { maxCalls: 6 })).toEqual(
    { kind: 'give-up' },
  );
});

test('the bound on calls ends everything; for accounts’ own troubles it is four times as high', () => {
  const ofAccount = { ...verdict('other-account'), fault: 'account' as const };
  expect(decide(verdict('other-account'), history({ calls: 6 }), { maxCalls: 6 })).toEqual({ kind: 'give-up' });
  expect(decide(ofAccount, history({ calls: 6 }), { maxCalls: 6 })).toEqual({ kind: 'next-account' });
  expect(decide(ofAccount, history({ calls: 24 }), { maxCalls: 6 })).toEqual({ kind: 'give-up' });
});

test('waits grow and are bounded', () => {
  expect([1, 2, 3, 4, 5, 50].map(retryWaitMs)).toEqual([200, 400, 800, 1_600, 2_000, 2_000]);
});
