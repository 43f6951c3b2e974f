import { expect, test } from 'bun:test';
import { formatMoment, formatSpan, parseMoment, parseSpan } from '../../../server/cli/time.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

test.each([
  ['90s', 90_000],
  ['5m', 300_000],
  ['12h', 43_200_000],
  ['30d', 2_592_000_000],
  [' 2w ', 1_209_600_000],
  ['0s', 0],
  ['5', undefined],
  ['-5m', undefined],
  ['1.5h', undefined],
  ['5 m', undefined],
  ['', undefined],
])('the span %p is %p ms', (text, expected) => {
  expect(parseSpan(text)).toEqual(expected);
});

test.each([
  ['1h', 'ago', now - 3_600_000],
  ['1h', 'ahead', now + 3_600_000],
  ['2027-01-02', 'ahead', Date.parse('2027-01-02T00:00:00Z')],
  ['2027-01-02 03:04', 'ahead', Date.parse('2027-01-02T03:04:00Z')],
  ['2027-01-02T03:04:05.678Z', 'ahead', Date.parse('2027-01-02T03:04:05.678Z')],
  ['2027-01-02T03:04:05+02:00', 'ahead', Date.parse('2027-01-02T01:04:05Z')],
  ['2027-13-02', 'ahead', undefined],
  ['tomorrow', 'ahead', undefined],
  ['1700000000', 'ago', undefined],
] as const)('the moment %p (%s) is %p', (text, direction, expected) => {
  expect(parseMoment(text, now, direction)).toEqual(expected);
});

test.each([
  [0, '0s'],
  [45_999, '45s'],
  [60_000, '1m'],
  [5 * 3_600_000, '5h'],
  [51 * 3_600_000, '2d 3h'],
  [7 * 86_400_000, '7d'],
])('%p ms reads %p', (ms, expected) => {
  expect(formatSpan(ms)).toBe(expected);
});

test('a moment reads as its distance', () => {
  const readings = [null, now, now - 180_000, now + 7_200_000].map((at) => formatMoment(at, now));
  expect(readings).toEqual(['-', 'now', '3m ago', 'in 2h']);
});
