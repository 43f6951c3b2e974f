import { describe, expect, test } from 'bun:test';
import type { Failure } from '../../../server/upstream/classify.ts';
import { answer, decide, html, nowMs, summary } from './verdict.ts';

describe('the table of answers', () => {
  const notSupported = "The 'gpt-x' model is not supported when using Codex with a ChatGPT account.";
  // biome-ignore format: a table reads best with one row per line
  const rows: [string, Failure, ReturnType<typeof summary>][] = [
    ['T10: 401 with a code', answer(401, { error: { message: 'Your authentication token has been invalidated.', code: 'token_invalidated' }, status: 401, }), ['unauthorized', 'account', 'none', 'refresh', 503, 'no_usable_account']],
    ['T10: 401 as detail', answer(401, { detail: 'Unauthorized' }), ['unauthorized', 'account', 'none', 'refresh', 503, 'no_usable_account']],
    ['T10: 401 without a body', answer(401, ''), ['unauthorized', 'account', 'none', 'refresh', 503, 'no_usable_account']],
    ['401 of a region is no dead token', answer(401, { error: { message: 'Workspace is not authorized in this region.' }, status: 401 }), ['region_not_authorized', 'account', 'cool', 'other-account', 503, 'no_usable_account']],
    ['a region by code', answer(403, { error: { code: 'unsupported_country_region_territory', message: 'x' } }), ['region_not_authorized', 'account', 'cool', 'other-account', 503, 'no_usable_account']],
    ['a revoked login under another status', answer(403, { error: { code: 'token_revoked', message: 'x' } }), ['unauthorized', 'account', 'none', 'refresh', 503, 'no_usable_account']],
    ['F1: a usage limit in words', answer(429, { detail: 'The usage limit has been reached' }), ['usage_limit_reached', 'account', 'cool', 'other-account', 429, 'usage_limit_reached']],
    ['F14: foreign reasoning in words', answer(400, { detail: 'The encrypted content gAAA could not be verified.' }), ['invalid_encrypted_content', 'client', 'none', 'strip-reasoning', 400, 'upstream_rejected']],
    ['F9: 401 deactivated', answer(401, { error: { code: 'account_deactivated', message: 'x' } }), ['account_deactivated', 'account', 'disable', 'other-account', 503, 'no_usable_account']],
    ['F9: 402 deactivated', answer(402, { detail: { code: 'deactivated_workspace' } }), ['account_deactivated', 'account', 'disable', 'other-account', 503, 'no_usable_account']],
    ['F9: 403 deactivated in words', answer(403, { detail: 'This workspace has been deactivated.' }), ['account_deactivated', 'account', 'disable', 'other-account', 503, 'no_usable_account']],
    ['402 otherwise', answer(402, { detail: 'Payment required' }), ['billing_limit', 'account', 'cool', 'other-account', 503, 'no_usable_account']],
    ['F9: 403 HTML', answer(403, html), ['edge_block', 'edge', 'cool', 'other-account', 502, 'upstream_error']],
    ['F9: 403 plain text of the edge', answer(403, 'error code: 1010'), ['edge_block', 'edge', 'cool', 'other-account', 502, 'upstream_error']],
    ['F9: a challenge under any status', answer(503, html, { 'cf-mitigated': 'challenge' }), ['edge_block', 'edge', 'cool', 'other-account', 502, 'upstream_error']],
    ['403 JSON', answer(403, { detail: 'Forbidden' }), ['forbidden', 'account', 'cool', 'other-account', 503, 'no_usable_account']],
    ['F4: 502 HTML', answer(502, html), ['edge_error', 'edge', 'none', 'retry-any', 502, 'upstream_error']],
    ['F4: 520', answer(520, ''), ['edge_error', 'edge', 'none', 'retry-any', 502, 'upstream_error']],
    ['F4: 524', answer(524, html), ['upstream_timeout', 'upstream', 'none', 'retry-any', 504, 'upstream_timeout']],
    ['F4: 401 HTML', answer(401, html), ['edge_block', 'edge', 'cool', 'other-account', 502, 'upstream_error']],
    ['F4: 400 HTML', answer(400, html), ['edge_error', 'edge', 'none', 'retry-any', 502, 'upstream_error']],
    ['302', answer(302, ''), ['edge_error', 'edge', 'none', 'retry-any', 502, 'upstream_error']],
    ['500 JSON', answer(500, { error: { message: 'oops', type: 'server_error' } }), ['upstream_error', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['500 empty', answer(500, ''), ['upstream_error', 'upstream', 'none', 'retry-any', 502, 'upstream_error']],
    ['503 overloaded', answer(503, { error: { code: 'server_is_overloaded', message: 'x' } }), ['server_is_overloaded', 'model', 'none', 'retry-any', 503, 'server_is_overloaded']],
    ['503 slow_down', answer(503, { error: { code: 'slow_down', message: 'x' } }), ['server_is_overloaded', 'model', 'none', 'retry-any', 503, 'server_is_overloaded']],
    ['429 HTML', answer(429, html), ['edge_rate_limit', 'edge', 'cool', 'other-account', 429, 'rate_limit_exceeded']],
    ['429 text', answer(429, 'Too Many Requests'), ['edge_rate_limit', 'edge', 'cool', 'other-account', 429, 'rate_limit_exceeded']],
    ['429 not included', answer(429, { error: { type: 'usage_not_included', message: 'x' } }), ['usage_not_included', 'account', 'disable', 'other-account', 503, 'no_usable_account']],
    ['F3: 404 model', answer(404, { error: { code: 'model_not_found', message: 'Model not found gpt-x' } }), ['model_unavailable', 'model', 'block-model', 'other-account', 404, 'model_not_found']],
    ['F3: 404 model in words', answer(404, { detail: 'Model not found gpt-x' }), ['model_unavailable', 'model', 'block-model', 'other-account', 404, 'model_not_found']],
    ['F3: 400 not supported', answer(400, { detail: notSupported }), ['model_unavailable', 'model', 'block-model', 'other-account', 404, 'model_not_found']],
    ['404 of the endpoint', answer(404, { detail: 'Not Found' }), ['endpoint_missing', 'gateway', 'none', 'give-up', 502, 'upstream_error']],
    ['404 HTML', answer(404, html), ['endpoint_missing', 'gateway', 'none', 'give-up', 502, 'upstream_error']],
    ['too old', answer(400, { detail: "The 'gpt-x' model requires a newer version of Codex." }), ['client_version_too_old', 'gateway', 'none', 'give-up', 502, 'upstream_error']],
    ['413', answer(413, html), ['request_too_large', 'client', 'none', 'give-up', 413, 'request_too_large']],
    ['F14: foreign reasoning', answer(400, { error: { code: 'invalid_encrypted_content', message: 'x' } }), ['invalid_encrypted_content', 'client', 'none', 'strip-reasoning', 400, 'invalid_encrypted_content']],
    ['F14: reasoning without content', answer(404, { error: { message: "Item with id 'rs_1' not found. Items are not persisted" } }), ['invalid_encrypted_content', 'client', 'none', 'strip-reasoning', 404, 'upstream_rejected']],
    ['tier by param', answer(400, { error: { code: 'unsupported_value', param: 'service_tier', message: 'x' } }), ['service_tier_rejected', 'client', 'none', 'drop-service-tier', 400, 'unsupported_value']],
    ['tier in words', answer(400, { detail: 'Unsupported parameter: service_tier' }), ['service_tier_rejected', 'client', 'none', 'drop-service-tier', 400, 'unsupported_parameter']],
    ['dialect by param', answer(400, { error: { code: 'unsupported_value', param: 'reasoning.context', message: 'x' } }), ['dialect_rejected', 'client', 'none', 'switch-dialect', 400, 'unsupported_value']],
    ['dialect: tools', answer(400, { detail: 'Unsupported parameter: tools' }), ['dialect_rejected', 'client', 'none', 'switch-dialect', 400, 'unsupported_parameter']],
    ['dialect: instructions', answer(400, { detail: 'Instructions are required' }), ['dialect_rejected', 'client', 'none', 'switch-dialect', 400, 'upstream_rejected']],
    ['F6: a value of the client', answer(400, { error: { code: 'unsupported_value', param: 'tools[0].type', message: 'x' } }), ['unsupported_value', 'client', 'none', 'give-up', 400, 'unsupported_value']],
    ['F6: a client code under 500', answer(500, { error: { code: 'context_length_exceeded', message: 'x' } }), ['context_length_exceeded', 'client', 'none', 'give-up', 400, 'context_length_exceeded']],
    ['F6: 400 without JSON', answer(400, 'Bad Request'), ['request_rejected', 'client', 'none', 'give-up', 400, 'upstream_rejected']],
    ['F6: 422', answer(422, { detail: [{ loc: ['body', 'input', 0], msg: 'Field required', type: 'missing' }] }), ['request_rejected', 'client', 'none', 'give-up', 422, 'upstream_rejected']],
  ];
  test.each(rows)('%s', (_, failure, expected) => {
    expect(summary(failure)).toEqual(expected);
  });

  test('T10: a 401 after a refresh needs a person', () => {
    expect(decide(answer(401, { detail: 'Unauthorized' }), { wasRefreshed: true })).toMatchObject({
      code: 'unauthorized_after_refresh',
      effect: { kind: 'needs-login', reason: 'unauthorized_after_refresh' },
      next: 'other-account',
    });
  });
  test('F9: an edge block rests the account for half a minute, no longer', () => {
    expect(decide(answer(403, html)).effect).toEqual({ kind: 'cool', reason: 'edge_block', untilMs: nowMs + 30_000 });
  });
  test('overload waits as long as the upstream asks and costs the account nothing', () => {
    const verdict = decide(answer(503, { error: { code: 'slow_down' } }, { 'retry-after': '2' }));
    expect([verdict.effect, verdict.retryAfterMs, verdict.clientWaitMs]).toEqual([{ kind: 'none' }, 2_000, 2_000]);
  });
});
