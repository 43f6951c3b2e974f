import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { instant } from './columns.ts';

/** Answers kept for `previous_response_id`; `payload` is sealed JSON. They belong to the client key that made them. */
export const storedResponses = sqliteTable(
  'stored_responses',
  {
    id: text('id').notNull(),
    apiKeyId: text('api_key_id').notNull(),
    previousId: text('previous_id'),
    tokenId: text('token_id'),
    payload: blob('payload', { mode: 'buffer' }).notNull(),
    bytes: integer('bytes').notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.apiKeyId, table.id] }),
    index('stored_responses_expiry').on(table.expiresAt),
    index('stored_responses_age').on(table.createdAt),
  ],
);

/** Where an `item_reference` finds its item. */
export const storedItems = sqliteTable(
  'stored_items',
  {
    apiKeyId: text('api_key_id').notNull(),
    itemId: text('item_id').notNull(),
    responseId: text('response_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.apiKeyId, table.itemId] }),
    index('stored_items_response').on(table.apiKeyId, table.responseId),
  ],
);
