import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { flag, instant } from './columns.ts';

/** One row per finished request. Keys and accounts may be deleted; their history stays. */
export const apiLogs = sqliteTable(
  'api_logs',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    requestId: text('request_id').notNull().unique(),
    apiKeyId: text('api_key_id'),
    tokenId: text('token_id'),
    endpoint: text('endpoint').notNull(),
    /** As the client asked for it. */
    model: text('model'),
    /** As the upstream says it served it. */
    servedModel: text('served_model'),
    statusCode: integer('status_code').notNull(),
    errorCode: text('error_code'),
    errorMessage: text('error_message'),
    /** Upstream calls made. */
    attempts: integer('attempts').notNull().default(0),
    /** What each attempt met, when there was more than one or the request failed. */
    attemptDetails: text('attempt_details', { mode: 'json' }).$type<unknown[]>(),
    streamed: flag('streamed').notNull().default(false),
    timeToFirstByteMs: integer('time_to_first_byte_ms'),
    durationMs: integer('duration_ms').notNull(),
    inputTokens: integer('input_tokens'),
    cachedTokens: integer('cached_tokens'),
    outputTokens: integer('output_tokens'),
    reasoningTokens: integer('reasoning_tokens'),
    /** Estimated API-equivalent cost in micro-dollars; null when the price or the usage is unknown. */
    costMicros: integer('cost_micros'),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('api_logs_created').on(table.createdAt),
    index('api_logs_key').on(table.apiKeyId, table.id),
    index('api_logs_token').on(table.tokenId, table.id),
  ],
);

const totals = {
  /** Start of the hour or day, UTC. */
  startsAt: instant('starts_at').notNull(),
  apiKeyId: text('api_key_id').notNull(),
  tokenId: text('token_id').notNull(),
  model: text('model').notNull(),
  requests: integer('requests').notNull(),
  failures: integer('failures').notNull(),
  inputTokens: integer('input_tokens').notNull(),
  cachedTokens: integer('cached_tokens').notNull(),
  outputTokens: integer('output_tokens').notNull(),
  reasoningTokens: integer('reasoning_tokens').notNull(),
  costMicros: integer('cost_micros').notNull(),
  durationMs: integer('duration_ms').notNull(),
};

/** Totals that outlive the log rows. Empty text stands for "no key", "no account", "no model". */
export const usageHourly = sqliteTable('usage_hourly', totals, (table) => [
  primaryKey({ columns: [table.startsAt, table.apiKeyId, table.tokenId, table.model] }),
]);
export const usageDaily = sqliteTable('usage_daily', totals, (table) => [
  primaryKey({ columns: [table.startsAt, table.apiKeyId, table.tokenId, table.model] }),
]);
