import { sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { flag, instant } from './columns.ts';

export const users = sqliteTable('users', {
  id: text('id').primaryKey(),
  username: text('username').notNull().unique(),
  /** argon2id, or the predecessor's bcrypt until the first sign-in. */
  passwordHash: text('password_hash').notNull(),
  mustChangePassword: flag('must_change_password').notNull().default(false),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
});
