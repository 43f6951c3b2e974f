import { expect, test } from 'bun:test';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import { exportAccounts } from '../../../server/accounts/export.ts';
import { importAccounts } from '../../../server/accounts/import/import.ts';
import { createSecretBox } from '../../../server/core/secret-box.ts';
import { temporaryDatabase } from '../../support/database.ts';

const now = Date.UTC(2026, 8, 1);

test('T8: an export is a Codex auth.json with the rest in a member of our own; a cool-down is not exported', async () => {
  await using database = await temporaryDatabase();
  const store = { db: database.db, box: createSecretBox(new Uint8Array(32).fill(1)), clock: { now: () => now } };
  const file = [
    {
      tokens: { access_token: 'a', refresh_token: 'r', account_id: 'ws', login_owner_id: 'o' },
      email: 'Ann@example.com',
      type: 'codex',
      last_refresh: '2026-08-30T00:00:00.5Z',
    },
    { access_token: 'b', email: 'bob@example.com' },
  ];
  const id = importAccounts(store, [{ name: 'f', text: JSON.stringify(file) }]).items[0]?.id ?? '';
  store.db.sqlite
    .query(`update tokens set state = 'cooling', state_reason = 'usage_limit_reached', state_until = ?`)
    .run(now + 1);
  expect(exportAccounts(store)).toHaveLength(2);
  expect(exportAccounts(store, { ids: [id] })).toEqual([
    {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      last_refresh: '2026-08-30T00:00:00.500Z',
      type: 'codex',
      tokens: { login_owner_id: 'o', id_token: null, access_token: 'a', refresh_token: 'r', account_id: 'ws' },
      gpt2api: {
        name: 'Ann@example.com',
        email: 'Ann@example.com',
        account_id: 'ws',
        user_id: 'ann@example.com',
        plan: null,
        expires_at: null,
        last_refresh_at: '2026-08-30T00:00:00.500Z',
        priority: 0,
        max_concurrency: null,
        proxy_url: null,
        notes: null,
        state: 'active',
        state_reason: null,
        total_requests: 0,
        success_requests: 0,
        failed_requests: 0,
        last_used_at: null,
        created_at: new Date(now).toISOString(),
      },
    },
  ]);
  expect(createAccountRepository(store.db).countByState().cooling).toBe(2);
});
