import { expect, test } from 'bun:test';
import { readInstant } from '../../../../server/accounts/import/instant.ts';

const second = Date.UTC(2026, 0, 2, 3, 4, 5);

test.each([
  ['2026-01-02T03:04:05Z', second],
  ['2026-01-02T03:04:05.123456789Z', second + 123],
  ['2026-01-02T05:04:05+02:00', second],
  ['2026-01-02T05:04:05.000000+0200', second],
  ['2026-01-02 03:04:05', second],
  ['2026-01-02T03:04:05', second],
  ['2026-01-02 03:04:05Z', second],
  ['2026-01-02', Date.UTC(2026, 0, 2)],
  [' 2026-01-02T03:04:05Z ', second],
  [second, second],
  [second / 1000, second],
  [second / 1000 + 0.5, second + 500],
  [String(second), second],
  [String(second / 1000), second],
  ['0001-01-01T00:00:00Z', null],
  ['1970-01-01T00:00:00Z', null],
  ['275760-09-13T00:00:00Z', null],
  ['soon', null],
  ['2026-13-45T00:00:00Z', null],
  ['', null],
  [0, null],
  [-5, null],
  [1e300, null],
  [Number.NaN, null],
  [null, null],
  [undefined, null],
  [true, null],
  [{}, null],
])('%p is the time %p', (value, expected) => {
  expect(readInstant(value)).toBe(expected);
});
