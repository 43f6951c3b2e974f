import { type AccountSummary, createAccountRepository } from '../../db/repositories/accounts.ts';
import { createQuotaRepository, type QuotaWindowRow } from '../../db/repositories/quota.ts';
import { commandName } from '../core/command-name.ts';
import type { Context } from './context.ts';
import { onlyOne } from './reference.ts';
import { renderTable } from './table.ts';
import { formatMoment, formatSpan, isoTime } from './time.ts';

/** An account as `tokens list` shows it. */
export interface ListedAccount {
  account: AccountSummary;
  windows: QuotaWindowRow[];
}

export function listAccounts(context: Context): ListedAccount[] {
  const quota = createQuotaRepository(context.db);
  const accounts = createAccountRepository(context.db).list({});
  return accounts.map((account) => ({ account, windows: quota.windows(account.id) }));
}

/** The accounts that `reference` can mean: the one with that id, else those with that e-mail or exact name. */
export function resolveAccounts(context: Context, reference: string): AccountSummary[] {
  const repository = createAccountRepository(context.db);
  const exact = repository.get(reference);
  if (exact) return [exact];
  const email = reference.toLowerCase();
  return repository.list({}).filter((row) => row.name === reference || row.email?.toLowerCase() === email);
}

/** Every named account once, in the order given; nothing is done when one of them is unknown or ambiguous. */
export function namedAccounts(context: Context, references: readonly string[]): AccountSummary[] {
  const accounts = references.map((reference) => onlyOne('account', reference, resolveAccounts(context, reference)));
  return [...new Map(accounts.map((account) => [account.id, account])).values()];
}

/** A cool-down whose time is up ends with the next selection; to its reader it is over already. */
function stateOf({ state, stateReason, stateUntil }: AccountSummary, now: number) {
  const isOver = state === 'cooling' && stateUntil !== null && stateUntil <= now;
  return isOver ? { state: 'active', reason: null, until: null } : { state, reason: stateReason, until: stateUntil };
}

export function accountJson({ account, windows }: ListedAccount, now: number) {
  const { state, reason, until } = stateOf(account, now);
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    account_id: account.accountId,
    user_id: account.userId,
    plan: account.plan,
    state,
    reason,
    until: isoTime(until),
    expires_at: isoTime(account.expiredAt),
    can_refresh: account.hasRefreshToken,
    last_refresh_at: isoTime(account.lastRefreshAt),
    quota: windows.map((window) => ({
      family: window.family,
      window_seconds: window.windowSeconds,
      used_percent: window.usedPercent,
      resets_at: isoTime(window.resetsAtMs),
      source: window.source,
      read_at: isoTime(window.readAtMs),
      age_seconds: Math.max(0, Math.round((now - window.readAtMs) / 1_000)),
    })),
    priority: account.priority,
    max_concurrency: account.maxConcurrency,
    has_proxy: account.hasProxy,
    notes: account.notes,
    requests: { total: account.totalRequests, success: account.successRequests, failed: account.failedRequests },
    last_used_at: isoTime(account.lastUsedAt),
    created_at: isoTime(account.createdAt),
  };
}

export function accountTable(accounts: readonly ListedAccount[], now: number): string {
  return renderTable(
    ['ID', 'NAME', 'PLAN', 'STATE', 'REASON', 'UNTIL', 'TOKEN ENDS', 'QUOTA USED', 'REQUESTS', 'FAILED', 'LAST USED'],
    accounts.map(({ account, windows }) => {
      const { state, reason, until } = stateOf(account, now);
      return [
        account.id,
        account.name,
        account.plan,
        state,
        reason,
        formatMoment(until, now),
        formatMoment(account.expiredAt, now),
        windows.map((window) => quotaText(window, now)).join(', ') || 'unknown',
        account.totalRequests,
        account.failedRequests,
        formatMoment(account.lastUsedAt, now),
      ];
    }),
    `There are no accounts yet. Bring some in: ${commandName} tokens import ~/.codex/auth.json`,
  );
}

/** `5h 42% (3m ago)`; windows of other limits than the main one carry its name. */
function quotaText(window: QuotaWindowRow, now: number): string {
  const family = window.family === 'codex' ? '' : `${window.family} `;
  const length = window.windowSeconds === 0 ? '?' : formatSpan(window.windowSeconds * 1_000);
  return `${family}${length} ${Math.round(window.usedPercent)}% (${formatMoment(window.readAtMs, now)})`;
}
