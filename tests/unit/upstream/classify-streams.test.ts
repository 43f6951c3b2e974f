import { describe, expect, test } from 'bun:test';
import type { Failure } from '../../../server/upstream/classify.ts';
import { decide, nowSeconds, summary } from './verdict.ts';

describe('inside a stream and without an answer', () => {
  const failed = (error: unknown): Failure => ({
    phase: 'stream',
    status: 200,
    event: { type: 'response.failed', response: { id: 'resp_1', status: 'failed', error, usage: null } },
  });
  // biome-ignore format: a table reads best with one row per line
  const rows: [string, Failure, ReturnType<typeof summary>][] = [
    ['F7: overloaded', failed({ code: 'server_is_overloaded', message: 'x' }), ['server_is_overloaded', 'model', 'none', 'retry-any', 503, 'server_is_overloaded']],
    ['F7: an unknown code', failed({ code: 'novel', message: 'x' }), ['upstream_error', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['F7: no error at all', failed(null), ['upstream_error', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['F6: context', failed({ code: 'context_length_exceeded', message: 'x' }), ['context_length_exceeded', 'client', 'none', 'give-up', 400, 'context_length_exceeded']],
    ['F6: prompt', failed({ code: 'invalid_prompt', message: 'x' }), ['invalid_prompt', 'client', 'none', 'give-up', 400, 'invalid_prompt']],
    ['F6: bio policy', failed({ code: 'bio_policy', message: 'x' }), ['bio_policy', 'client', 'none', 'give-up', 400, 'bio_policy']],
    ['F6: by type alone', { phase: 'stream', event: { type: 'error', error: { type: 'invalid_request_error', message: 'No tool output found' } }, }, ['request_rejected', 'client', 'none', 'give-up', 400, 'upstream_rejected']],
    ['F1: an error event with a status', { phase: 'stream', event: { type: 'error', status: 429, error: { type: 'usage_limit_reached', resets_at: nowSeconds + 60 } }, }, ['usage_limit_reached', 'account', 'cool', 'other-account', 429, 'usage_limit_reached']],
    ['an older error event', { phase: 'stream', event: { type: 'error', status_code: 401, error: { message: 'x' } } }, ['unauthorized', 'account', 'none', 'refresh', 503, 'no_usable_account']],
    ['F12: a message that speaks of limits is no limit', failed({ code: 'novel', message: 'usage limit, rate limit, overloaded' }), ['upstream_error', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['S6: ended', { phase: 'stream', network: 'ended' }, ['upstream_incomplete', 'upstream', 'none', 'retry-any', 502, 'upstream_incomplete']],
    ['reset in a stream', { phase: 'stream', network: 'reset' }, ['upstream_incomplete', 'upstream', 'none', 'retry-any', 502, 'upstream_incomplete']],
    ['F10: silence in a stream', { phase: 'stream', network: 'timeout' }, ['upstream_timeout', 'upstream', 'none', 'retry-any', 504, 'upstream_timeout']],
    ['malformed', { phase: 'stream', network: 'malformed' }, ['upstream_malformed', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['F10: no headers', { phase: 'headers', network: 'timeout' }, ['upstream_timeout', 'upstream', 'none', 'retry-any', 504, 'upstream_timeout']],
    ['reset before headers', { phase: 'headers', network: 'reset' }, ['upstream_unreachable', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['refused', { phase: 'connect', network: 'refused' }, ['upstream_unreachable', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['the common proxy', { phase: 'connect', network: 'proxy' }, ['upstream_unreachable', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['a status whose body broke off', { phase: 'status', status: 429, network: 'reset' }, ['edge_rate_limit', 'edge', 'cool', 'other-account', 429, 'rate_limit_exceeded']],
  ];
  test.each(rows)('%s', (_, failure, expected) => {
    expect(summary(failure)).toEqual(expected);
  });
  test('T7: an account whose own proxy fails backs off, and another is tried', () => {
    expect(decide({ phase: 'connect', network: 'timeout' }, { hasOwnProxy: true })).toMatchObject({
      code: 'proxy_failed',
      effect: { kind: 'cool', reason: 'proxy_failed' },
      next: 'other-account',
    });
    expect(decide({ phase: 'connect', network: 'timeout' }, { hasOwnProxy: true }).effect).not.toHaveProperty(
      'untilMs',
    );
  });
});
