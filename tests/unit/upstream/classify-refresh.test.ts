import { expect, test } from 'bun:test';
import { classifyRefresh } from '../../../server/upstream/classify-refresh.ts';

const error = (code?: string) =>
  JSON.stringify({ error: { message: 'x', type: 'invalid_request_error', code: code ?? null, param: null } });

test.each([
  [400, error('refresh_token_expired'), 'permanent', 'refresh_token_expired'],
  [400, error('refresh_token_reused'), 'permanent', 'refresh_token_reused'],
  [500, error('refresh_token_invalidated'), 'permanent', 'refresh_token_invalidated'],
  [401, error('refresh_token_reused'), 'permanent', 'refresh_token_reused'],
  [401, error('anything'), 'permanent', 'anything'],
  [401, '', 'permanent', 'http_401'],
  [400, '{"error":"invalid_grant","error_description":"x"}', 'permanent', 'invalid_grant'],
  [400, error('app_session_terminated'), 'permanent', 'app_session_terminated'],
  [400, error('app_session_expired'), 'permanent', 'app_session_expired'],
  [400, error('account_session_expired'), 'permanent', 'account_session_expired'],
  [400, error('account_deactivated'), 'permanent', 'account_deactivated'],
  [400, error('account_suspended'), 'permanent', 'account_suspended'],
  [400, error('account_deleted'), 'permanent', 'account_deleted'],
  [400, error('token_expired'), 'permanent', 'token_expired'],
  [400, error('token_invalidated'), 'permanent', 'token_invalidated'],
  [400, error('invalid_refresh_token'), 'permanent', 'invalid_refresh_token'],
  [400, error('unknown_code'), 'transient', 'unknown_code'],
  [400, error(), 'transient', 'http_400'],
  [403, error('unknown_code'), 'transient', 'unknown_code'],
  [403, '<html>no</html>', 'transient', 'http_403'],
  [429, error('rate_limit_exceeded'), 'transient', 'rate_limit_exceeded'],
  [500, '', 'transient', 'http_500'],
  [503, '{"error":"invalid_grant"}', 'transient', 'invalid_grant'],
  [200, '{"access_tok', 'ambiguous', 'unreadable_answer'],
] as const)('T4: %i %s is %s', (status, body, kind, code) => {
  expect(classifyRefresh(status, body)).toEqual({ kind, code });
});

test.each([
  ['refused', 'connect', 'transient'],
  ['dns', 'connect', 'transient'],
  ['proxy', 'connect', 'transient'],
  ['tls', 'headers', 'transient'],
  ['timeout', 'connect', 'transient'],
  ['timeout', 'headers', 'ambiguous'],
  ['reset', 'headers', 'ambiguous'],
  ['ended', 'stream', 'ambiguous'],
] as const)('T3: only what surely was never sent may be repeated: %s while %s is %s', (network, phase, kind) => {
  expect(classifyRefresh(network, '', phase)).toEqual({ kind, code: network });
});

test('T3: a timeout of unknown moment counts as sent', () => {
  expect(classifyRefresh('timeout')).toEqual({ kind: 'ambiguous', code: 'timeout' });
});
