import { expect, test } from 'bun:test';
import { createEndpoints } from '../../../server/upstream/endpoints.ts';

const env = {
  CODEX_BASE_URL: 'https://chatgpt.com/backend-api/codex',
  CODEX_USAGE_URL: undefined,
  OAUTH_ISSUER: 'https://auth.openai.com',
  CODEX_CLIENT_VERSION: '0.169.0',
};

test('the real backend’s URLs follow from the base', () => {
  const endpoints = createEndpoints(env);
  expect(endpoints.responses(null)).toBe('https://chatgpt.com/backend-api/codex/responses');
  expect(endpoints.compact(null)).toBe('https://chatgpt.com/backend-api/codex/responses/compact');
  expect(endpoints.models(null)).toBe('https://chatgpt.com/backend-api/codex/models?client_version=0.169.0');
  expect(endpoints.usage).toBe('https://chatgpt.com/backend-api/wham/usage');
  expect(endpoints.accountsCheck).toBe('https://chatgpt.com/backend-api/wham/accounts/check');
  expect(endpoints.token).toBe('https://auth.openai.com/oauth/token');
});

test('a base without /backend-api has its usage under /api/codex', () => {
  expect(createEndpoints({ ...env, CODEX_BASE_URL: 'http://127.0.0.1:9/v1/codex' }).usage).toBe(
    'http://127.0.0.1:9/api/codex/usage',
  );
});

test('CODEX_USAGE_URL wins', () => {
  expect(createEndpoints({ ...env, CODEX_USAGE_URL: 'http://u/usage' }).usage).toBe('http://u/usage');
});

test('a workspace’s own origin replaces only the origin', () => {
  expect(createEndpoints(env).responses('https://eu.chatgpt.com')).toBe(
    'https://eu.chatgpt.com/backend-api/codex/responses',
  );
});
