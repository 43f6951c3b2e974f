import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { flag, instant } from './columns.ts';

/** Client keys: only the SHA-256 and a visible prefix are kept. */
export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  keyHash: text('key_hash').notNull().unique(),
  prefix: text('prefix').notNull(),
  isActive: flag('is_active').notNull().default(true),
  expiresAt: instant('expires_at'),
  /** Public model ids this key may use; null allows all. */
  allowedModels: text('allowed_models', { mode: 'json' }).$type<string[]>(),
  usageCount: integer('usage_count').notNull().default(0),
  lastUsedAt: instant('last_used_at'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
});
