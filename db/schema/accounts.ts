import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { instant } from './columns.ts';

/** Upstream accounts. Credential columns hold sealed values only (see server/core/secret-box.ts). */
export const tokens = sqliteTable(
  'tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    email: text('email'),
    /** Workspace: the value of the `chatgpt-account-id` header; empty when unknown. */
    accountId: text('account_id').notNull().default(''),
    /** Person (else e-mail, else a hash of the credential). Identity of a row is (account_id, user_id). */
    userId: text('user_id').notNull(),
    plan: text('plan'),

    accessToken: blob('access_token', { mode: 'buffer' }).notNull(),
    refreshToken: blob('refresh_token', { mode: 'buffer' }),
    idToken: blob('id_token', { mode: 'buffer' }),
    /** Sealed JSON of imported fields we have no use for, so that an export gives back what came in. */
    extra: blob('extra', { mode: 'buffer' }),
    /** When the access token expires; null is unknown. */
    expiredAt: instant('expired_at'),
    lastRefreshAt: instant('last_refresh_at'),
    /** Grows with every stored pair; a refresh result is only written over the version it started from. */
    credentialVersion: integer('credential_version').notNull().default(1),
    refreshLeaseOwner: text('refresh_lease_owner'),
    refreshLeaseUntil: instant('refresh_lease_until'),
    /** Not to be refreshed before, after a transient failure. */
    refreshRetryAt: instant('refresh_retry_at'),
    refreshFailures: integer('refresh_failures').notNull().default(0),

    state: text('state', { enum: ['active', 'cooling', 'needs-login', 'disabled'] })
      .notNull()
      .default('active'),
    stateReason: text('state_reason'),
    /** End of a cool-down; null for the other states. */
    stateUntil: instant('state_until'),
    stateChangedAt: instant('state_changed_at').notNull(),
    /** Transient failures in a row; sets the length of the next cool-down. */
    failureStreak: integer('failure_streak').notNull().default(0),

    priority: integer('priority').notNull().default(0),
    /** Most requests at once per process; null is no cap. */
    maxConcurrency: integer('max_concurrency'),
    /** Sealed: a proxy URL may carry a password. */
    proxyUrl: blob('proxy_url', { mode: 'buffer' }),
    notes: text('notes'),

    catalogueId: text('catalogue_id'),
    catalogueCheckedAt: instant('catalogue_checked_at'),
    routingOverride: text('routing_override'),
    backendOrigin: text('backend_origin'),

    /** Head-room rank for `quota-aware`: used share of the tightest window in tenths, 0 (free) to 10 (spent). Unknown is 5. */
    quotaRank: integer('quota_rank').notNull().default(5),
    /** Soonest reset among the known windows, the tie-break of `quota-aware`; far future when unknown. */
    quotaResetAt: instant('quota_reset_at').notNull().default(9_007_199_254_740_991),
    quotaCheckedAt: instant('quota_checked_at'),

    /** Order of the last selections: the least recently selected account is the next in turn. */
    selectedSeq: integer('selected_seq').notNull().default(0),
    /** Position on a circle of [0,1), drawn anew at each selection, for `random`. */
    randomPosition: real('random_position').notNull().default(0),

    totalRequests: integer('total_requests').notNull().default(0),
    successRequests: integer('success_requests').notNull().default(0),
    failedRequests: integer('failed_requests').notNull().default(0),
    lastUsedAt: instant('last_used_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('tokens_identity').on(table.accountId, table.userId),
    index('tokens_state').on(table.state, table.stateUntil),
    index('tokens_expiry').on(table.expiredAt),
    index('tokens_selected_seq').on(table.selectedSeq),
    // One index per strategy, over selectable accounts only: selection reads the first row that fits.
    index('tokens_round_robin').on(sql`priority desc`, table.selectedSeq).where(sql`state = 'active'`),
    index('tokens_random').on(sql`priority desc`, table.randomPosition).where(sql`state = 'active'`),
    index('tokens_least_used')
      .on(sql`priority desc`, table.totalRequests, table.selectedSeq)
      .where(sql`state = 'active'`),
    index('tokens_quota')
      .on(sql`priority desc`, table.quotaRank, table.quotaResetAt, table.selectedSeq)
      .where(sql`state = 'active'`),
  ],
);

/** The latest reading of every quota window of an account. `family` is `codex` for the main limit. */
export const quotaWindows = sqliteTable(
  'quota_windows',
  {
    tokenId: text('token_id')
      .notNull()
      .references(() => tokens.id, { onDelete: 'cascade' }),
    family: text('family').notNull(),
    windowSeconds: integer('window_seconds').notNull(),
    usedPercent: real('used_percent').notNull(),
    resetsAt: instant('resets_at'),
    source: text('source', { enum: ['headers', 'event', 'usage'] }).notNull(),
    readAt: instant('read_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tokenId, table.family, table.windowSeconds] })],
);

/** Model catalogues as accounts reported them; accounts of one plan share a row. `id` is the SHA-256 of the body. */
export const catalogues = sqliteTable('catalogues', {
  id: text('id').primaryKey(),
  /** The upstream's `{"models":[…]}` verbatim. */
  body: text('body').notNull(),
  etag: text('etag'),
  fetchedAt: instant('fetched_at').notNull(),
});

/** A model that one account refused: that pair is set aside until then. */
export const modelBlocks = sqliteTable(
  'model_blocks',
  {
    tokenId: text('token_id')
      .notNull()
      .references(() => tokens.id, { onDelete: 'cascade' }),
    model: text('model').notNull(),
    reason: text('reason').notNull(),
    until: instant('until').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tokenId, table.model] })],
);

/** Which account a conversation, a piece of encrypted content or a turn state belongs to. `key` is a hash. */
export const bindings = sqliteTable(
  'bindings',
  {
    key: text('key').primaryKey(),
    tokenId: text('token_id').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('bindings_expiry').on(table.expiresAt)],
);
