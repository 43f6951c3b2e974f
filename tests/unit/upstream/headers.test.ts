import { expect, test } from 'bun:test';
import type { AccountHandle } from '../../../server/accounts/account.ts';
import { version } from '../../../server/core/version.ts';
import { codexAnswerHeaders, isCodexClient, responsesHeaders, userAgent } from '../../../server/upstream/headers.ts';

const env = { CODEX_CLIENT_VERSION: '0.169.0', CODEX_ORIGINATOR: 'codex_cli_rs', CODEX_USER_AGENT: undefined };
const account: AccountHandle = {
  id: 'acc_1',
  name: 'ada',
  accountId: 'workspace-1',
  accessToken: 'token',
  expiresAt: null,
  isRenewable: false,
  credentialVersion: 1,
  proxyUrl: null,
  routingOverride: null,
  backendOrigin: null,
  residency: null,
  isFedramp: false,
};
const options = {
  codexHeaders: null,
  sessionId: 'session',
  dialect: 'standard',
  turnState: null,
  accept: 'text/event-stream',
} as const;

test('a translated request carries credential, identity and session, and nothing else', () => {
  expect(responsesHeaders(account, env, options)).toEqual({
    version: '0.169.0',
    'session-id': 'session',
    'thread-id': 'session',
    accept: 'text/event-stream',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    originator: 'codex_cli_rs',
    authorization: 'Bearer token',
    'user-agent': userAgent(env),
    'chatgpt-account-id': 'workspace-1',
  });
});

test('the user agent names this program, unless the operator names another', () => {
  expect(userAgent(env)).toEndWith(` gpt2api/${version}`);
  expect(userAgent({ ...env, CODEX_USER_AGENT: 'mine/1' })).toBe('mine/1');
});

test('a Codex client’s own headers go on, without its installation and without its credential', () => {
  const codexHeaders = new Headers({
    'session-id': 'own-session',
    'x-codex-window-id': 'w:0',
    'x-codex-turn-metadata': '{"installation_id":"secret","turn_id":"t"}',
    'x-codex-turn-state': 'state of whoever',
    authorization: 'Bearer sk-client',
    cookie: 'a=b',
  });
  const headers = responsesHeaders(account, env, { ...options, codexHeaders });
  expect(headers).toMatchObject({
    'session-id': 'own-session',
    'x-codex-window-id': 'w:0',
    'x-codex-turn-metadata': '{"turn_id":"t"}',
    authorization: 'Bearer token',
  });
  expect(headers).not.toHaveProperty('x-codex-turn-state');
  expect(headers).not.toHaveProperty('cookie');
});

test('A3: the turn state goes only where it was issued', () => {
  expect(responsesHeaders(account, env, { ...options, turnState: 'state' })['x-codex-turn-state']).toBe('state');
});

test('residency, routing, FedRAMP and the Lite mark are sent when they hold', () => {
  const special = { ...account, residency: 'eu', routingOverride: 'us_cr', isFedramp: true };
  expect(responsesHeaders(special, env, { ...options, dialect: 'lite' })).toMatchObject({
    'x-openai-internal-codex-residency': 'eu',
    'x-openai-account-routing-override': 'us_cr',
    'x-openai-fedramp': 'true',
    'x-openai-internal-codex-responses-lite': 'true',
  });
});

test('a Codex client gets turn state and the model it asked for, not one account’s quota', () => {
  const upstream = new Headers({
    'x-codex-turn-state': 's',
    'openai-model': 'gpt-5.5',
    'x-codex-primary-used-percent': '5',
    'set-cookie': 'x',
  });
  expect(codexAnswerHeaders(upstream, 'gpt-5.5')).toEqual({ 'x-codex-turn-state': 's', 'openai-model': 'gpt-5.5' });
  expect(codexAnswerHeaders(upstream, 'gpt-6-sol')).toEqual({ 'x-codex-turn-state': 's' });
});

test.each([
  { headers: { originator: 'codex_exec' }, expected: true },
  { headers: { originator: 'Codex Desktop' }, expected: true },
  { headers: { 'user-agent': 'codex-tui/0.169.0 (x)' }, expected: true },
  { headers: { 'user-agent': 'OpenAI/JS 7.0' }, expected: false },
  { headers: {}, expected: false },
])('isCodexClient($headers) is $expected', ({ headers, expected }) => {
  expect(isCodexClient(new Headers(headers as Record<string, string>))).toBe(expected);
});
