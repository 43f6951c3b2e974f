import type { Db } from '../../db/client.ts';
import { type AccountRow, createAccountRepository } from '../../db/repositories/accounts.ts';
import type { SecretBox } from '../core/secret-box.ts';
import { asObject } from './import/fields.ts';
import { ownBlock } from './import/formats.ts';
import { openCredential, openExtra, openProxyUrl } from './sealed-columns.ts';

/**
 * Accounts with their plain credentials, each as a Codex `auth.json` with one member more for what only this program
 * knows; fields an import did not understand stand where they stood. Importing the result into an empty database
 * gives the same accounts under new ids. Cool-downs and quota readings are of the moment and are left out.
 */
export function exportAccounts(
  store: { db: Db; box: SecretBox },
  filter: { ids?: readonly string[] } = {},
): Record<string, unknown>[] {
  return createAccountRepository(store.db)
    .rows(filter.ids)
    .map((row) => exportRow(store.box, row));
}

function exportRow(box: SecretBox, row: AccountRow): Record<string, unknown> {
  const credential = openCredential(box, row);
  const extra = openExtra(box, row);
  const isCooling = row.state === 'cooling';
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    last_refresh: isoTime(row.lastRefreshAt),
    ...extra,
    tokens: {
      ...asObject(extra['tokens']),
      id_token: credential.idToken,
      access_token: credential.accessToken,
      refresh_token: credential.refreshToken,
      account_id: row.accountId,
    },
    [ownBlock]: {
      ...asObject(extra[ownBlock]),
      name: row.name,
      email: row.email,
      account_id: row.accountId,
      user_id: row.userId,
      plan: row.plan,
      expires_at: isoTime(credential.expiresAt),
      last_refresh_at: isoTime(row.lastRefreshAt),
      priority: row.priority,
      max_concurrency: row.maxConcurrency,
      proxy_url: openProxyUrl(box, row),
      notes: row.notes,
      state: isCooling ? 'active' : row.state,
      state_reason: isCooling ? null : row.stateReason,
      total_requests: row.totalRequests,
      success_requests: row.successRequests,
      failed_requests: row.failedRequests,
      last_used_at: isoTime(row.lastUsedAt),
      created_at: isoTime(row.createdAt),
    },
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
