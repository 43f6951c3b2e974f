import { expect, test } from 'bun:test';
import { startGateway } from '../../support/start-gateway.ts';

const chat = '/v1/chat/completions';
const message = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] };

test('a request that is refused before it reaches an account is on record once, with what was known of it', async () => {
  await using gateway = await startGateway();
  const restricted = gateway.createKey({ name: 'restricted', allowedModels: ['gpt-6-sol'] });
  await gateway.post(chat, message, { key: 'sk-unknown' });
  await gateway.post(chat, { ...message, n: 2 });
  await gateway.post('/v1/responses', { model: 'gpt-5.5', input: 'hi' }, { key: restricted });

  const rows = await gateway.logs();

  expect(rows).toMatchObject([
    { endpoint: chat, status_code: 401, error_code: 'invalid_api_key', api_key_id: null, model: null, attempts: 0 },
    { endpoint: chat, status_code: 400, error_code: 'unsupported_value', attempts: 0, token_id: null },
    { endpoint: '/v1/responses', status_code: 403, error_code: 'model_not_allowed', model: 'gpt-5.5', attempts: 0 },
  ]);
  expect(new Set(rows.map((row) => row['request_id'])).size).toBe(3);
  expect(rows[1]?.['api_key_id']).not.toBeNull();
});

test('an account whose credential cannot be opened is shown as such, and another one answers', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const [broken] = gateway.accounts;
  if (!broken) throw new Error('There is no account.');
  gateway.db.sqlite.run(`update tokens set access_token = x'00', updated_at = updated_at + 1 where id = ?`, [
    gateway.idOf(broken),
  ]);

  const answers = await Promise.all([1, 2, 3].map(() => gateway.post(chat, message)));

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(gateway.account(broken)).toMatchObject({ state: 'needs-login', state_reason: 'credential_unreadable' });
});
