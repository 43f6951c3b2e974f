import { describe, expect, test } from 'bun:test';
import { type QuotaWindow, quotaRank, spentUntil, windowLabel } from '../../../server/accounts/quota.ts';
import { windowsFromHeaders } from '../../../server/accounts/quota-headers.ts';
import { windowsFromEvent, windowsFromUsage } from '../../../server/accounts/quota-payload.ts';

const nowMs = 1_790_270_879_000;
const nowSeconds = nowMs / 1_000;
const fiveHours = 18_000;
const week = 604_800;

const main = (
  windowSeconds: number,
  usedPercent: number,
  resetsAtMs: number | null,
  source: QuotaWindow['source'] = 'headers',
): QuotaWindow => ({ family: 'codex', windowSeconds, usedPercent, resetsAtMs, source, readAtMs: nowMs });

/** Headers of one limit as the upstream writes them. */
const limit = (slot: string, used: unknown, minutes: unknown, resetAt: unknown, resetAfter: unknown) => ({
  [`x-${slot}-used-percent`]: String(used),
  [`x-${slot}-window-minutes`]: String(minutes),
  [`x-${slot}-reset-at`]: String(resetAt),
  [`x-${slot}-reset-after-seconds`]: String(resetAfter),
});
const emptySecondary = limit('codex-secondary', 0, 0, '', 0);

describe('R7: headers', () => {
  test('a weekly window in the primary slot and an empty second one', () => {
    const headers = new Headers({
      'x-codex-active-limit': 'codex',
      'x-codex-plan-type': 'pro',
      ...limit('codex-primary', 22, 10_080, nowSeconds + 155_800, 155_800),
      ...emptySecondary,
      'x-codex-primary-over-secondary-limit-percent': '0',
    });
    expect(windowsFromHeaders(headers, nowMs)).toEqual({
      windows: [main(week, 22, nowMs + 155_800_000)],
      plan: 'pro',
      activeLimit: 'codex',
    });
  });

  test.each<[string, Record<string, string>, QuotaWindow[]]>([
    [
      'five hours and a week',
      {
        ...limit('codex-primary', 12.5, 300, nowSeconds + 60, 60),
        ...limit('codex-secondary', 40, 10_080, nowSeconds + 600, 600),
      },
      [main(fiveHours, 12.5, nowMs + 60_000), main(week, 40, nowMs + 600_000)],
    ],
    [
      'the slots swapped',
      {
        ...limit('codex-primary', 40, 10_080, nowSeconds + 600, 600),
        ...limit('codex-secondary', 12.5, 300, nowSeconds + 60, 60),
      },
      [main(week, 40, nowMs + 600_000), main(fiveHours, 12.5, nowMs + 60_000)],
    ],
    [
      'monthly only',
      { ...limit('codex-primary', 3, 43_800, nowSeconds + 60, 60), ...emptySecondary },
      [main(2_628_000, 3, nowMs + 60_000)],
    ],
    [
      'a length one minute short',
      limit('codex-primary', 3, 299, nowSeconds + 60, 60),
      [main(fiveHours, 3, nowMs + 60_000)],
    ],
    [
      'a fresh window at zero is a reading',
      limit('codex-primary', 0, 10_080, nowSeconds + week, week),
      [main(week, 0, nowMs + week * 1_000)],
    ],
    ['a length without a used share is unknown, not zero', { 'x-codex-primary-window-minutes': '300' }, []],
    ['an empty used share is unknown, not zero', limit('codex-primary', '', 300, nowSeconds + 60, 60), []],
    ['only the second slot', limit('codex-secondary', 7, 10_080, '', ''), [main(week, 7, null)]],
    ['nothing', { 'content-type': 'text/event-stream' }, []],
    [
      'R11: a clock an hour off: the span wins',
      limit('codex-primary', 7, 300, nowSeconds + 3_660, 60),
      [main(fiveHours, 7, nowMs + 60_000)],
    ],
    [
      'R11: an impossible reset is unknown',
      limit('codex-primary', 7, 300, nowSeconds - 60, 0),
      [main(fiveHours, 7, null)],
    ],
  ])('%s', (_, headers, windows) => {
    expect(windowsFromHeaders(new Headers(headers), nowMs)).toEqual({ windows });
  });

  test('further limits are families of their own', () => {
    const headers = new Headers({
      ...limit('codex-primary', 22, 300, '', 60),
      ...limit('codex-bengalfox-primary', 90, 300, '', 60),
      ...limit('codex-bengalfox-secondary', 0, 0, '', 0),
      'x-codex-bengalfox-limit-name': 'gpt-5.2-codex-sonic',
    });
    expect(
      windowsFromHeaders(headers, nowMs)
        .windows.map(({ family, usedPercent }) => `${family} ${usedPercent}`)
        .toSorted(),
    ).toEqual(['codex 22', 'codex_bengalfox 90']);
  });
});

describe('R7: payloads', () => {
  test('the event of a stream', () => {
    const event = {
      type: 'codex.rate_limits',
      plan_type: 'plus',
      rate_limits: {
        allowed: true,
        limit_reached: false,
        primary: {
          used_percent: 0,
          window_minutes: 10_080,
          reset_after_seconds: 604_739,
          reset_at: nowSeconds + 604_739,
        },
        secondary: null,
      },
      code_review_rate_limits: null,
      additional_rate_limits: null,
    };
    expect(windowsFromEvent(event, nowMs)).toEqual({
      windows: [main(week, 0, nowMs + 604_739_000, 'event')],
      plan: 'plus',
      limitReached: false,
    });
  });

  test('an event about another limit says nothing of the main one', () => {
    const event = {
      limit_name: 'codex_other',
      rate_limits: { limit_reached: true, primary: { used_percent: 100, window_minutes: 300 } },
    };
    expect(windowsFromEvent(event, nowMs)).toEqual({
      windows: [{ ...main(fiveHours, 100, null, 'event'), family: 'codex_other' }],
    });
  });

  test('additional limits of an event are keyed by name', () => {
    const event = {
      rate_limits: null,
      additional_rate_limits: { 'GPT-5.3-Codex-Spark': { primary: { used_percent: 5, window_minutes: 300 } } },
    };
    expect(windowsFromEvent(event, nowMs)).toEqual({
      windows: [{ ...main(fiveHours, 5, null, 'event'), family: 'gpt_5_3_codex_spark' }],
    });
  });

  test('the usage endpoint', () => {
    const usage = {
      plan_type: 'plus',
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: {
          used_percent: 100,
          limit_window_seconds: 18_000,
          reset_after_seconds: 3_600,
          reset_at: nowSeconds + 3_600,
        },
        secondary_window: {
          used_percent: 40,
          limit_window_seconds: 604_800,
          reset_after_seconds: 86_400,
          reset_at: nowSeconds + 86_400,
        },
      },
      code_review_rate_limit: { primary_window: { used_percent: 1, limit_window_seconds: 604_800 } },
      additional_rate_limits: [
        {
          limit_name: 'x',
          metered_feature: 'codex_bengalfox',
          rate_limit: { primary_window: { used_percent: 9, limit_window_seconds: 18_000 }, secondary_window: null },
        },
      ],
    };
    expect(windowsFromUsage(usage, nowMs)).toEqual({
      windows: [
        main(fiveHours, 100, nowMs + 3_600_000, 'usage'),
        main(week, 40, nowMs + 86_400_000, 'usage'),
        { ...main(week, 1, null, 'usage'), family: 'code_review' },
        { ...main(fiveHours, 9, null, 'usage'), family: 'codex_bengalfox' },
      ],
      plan: 'plus',
      limitReached: true,
    });
  });

  test.each([
    [null],
    ['text'],
    [[]],
    [{}],
    [{ rate_limit: [] }],
    [{ rate_limit: { primary_window: {} } }],
    [{ additional_rate_limits: [null, 3] }],
  ])('%j holds no reading', (payload) => {
    expect([windowsFromUsage(payload, nowMs), windowsFromEvent(payload, nowMs)]).toEqual([
      { windows: [] },
      { windows: [] },
    ]);
  });
});

test.each([
  [18_000, '5h'],
  [17_940, '5h'],
  [86_400, 'daily'],
  [604_800, 'weekly'],
  [604_740, 'weekly'],
  [2_628_000, 'monthly'],
  [28 * 86_400, 'monthly'],
  [10_800, '3h'],
  [2 * 86_400, '2d'],
  [900, '15m'],
  [0, 'unknown'],
])('R7: %i seconds are called %s', (seconds, label) => {
  expect(windowLabel(seconds)).toBe(label);
});

describe('R7: rank', () => {
  const unknown = { rank: 5, resetsAtMs: Number.MAX_SAFE_INTEGER };
  const later = nowMs + 1_000;
  test.each<[string, QuotaWindow[], object]>([
    ['nothing known is the middle', [], unknown],
    ['free', [main(week, 0, later)], { rank: 0, resetsAtMs: later }],
    ['a little used is not free', [main(week, 0.5, later)], { rank: 1, resetsAtMs: later }],
    [
      'the tightest window and the soonest reset count',
      [main(fiveHours, 12, later), main(week, 71, later + 5)],
      { rank: 8, resetsAtMs: later },
    ],
    ['spent', [main(week, 104, later)], { rank: 10, resetsAtMs: later }],
    ['a window that was reset since says nothing', [main(fiveHours, 100, nowMs)], unknown],
    [
      'and leaves the word to the others',
      [main(fiveHours, 100, nowMs - 1), main(week, 30, later)],
      { rank: 3, resetsAtMs: later },
    ],
    [
      'a reading older than its window says nothing',
      [{ ...main(fiveHours, 100, null), readAtMs: nowMs - fiveHours * 1_000 }],
      unknown,
    ],
    [
      'without a reset time the share still counts',
      [main(fiveHours, 55, null)],
      { rank: 6, resetsAtMs: Number.MAX_SAFE_INTEGER },
    ],
    ['other families do not count', [{ ...main(week, 100, later), family: 'code_review' }], unknown],
  ])('%s', (_, windows, expected) => {
    expect(quotaRank(windows, nowMs)).toEqual(expected as ReturnType<typeof quotaRank>);
  });

  test('F1: several spent windows are over when the last of them is reset', () => {
    const windows = [
      main(fiveHours, 100, nowMs + 10),
      main(week, 100, nowMs + 20),
      { ...main(week, 100, nowMs + 30), family: 'other' },
    ];
    expect([
      spentUntil(windows, nowMs),
      spentUntil([main(week, 99, later)], nowMs),
      spentUntil([main(week, 100, null)], nowMs),
    ]).toEqual([nowMs + 20, undefined, undefined]);
  });
});
