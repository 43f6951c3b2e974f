import { Database } from 'bun:sqlite';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BunSQLiteDatabase, drizzle } from 'drizzle-orm/bun-sqlite';
import * as schema from './schema/index.ts';

export interface Db {
  /** Typed queries, for everything off the hot path. */
  orm: BunSQLiteDatabase<typeof schema>;
  /** The connection itself, for prepared statements on the hot path. */
  sqlite: Database;
  close(): void;
}

/**
 * Opens (or makes, readable by its owner only) the database at `path`. Transactions must be synchronous and
 * `immediate`: with this driver an async callback commits at its first await, and a deferred read-then-write fails
 * as soon as another process writes.
 */
export function openDatabase(path: string, options: { readonly?: boolean } = {}): Db {
  const isFile = path !== ':memory:';
  const isNew = isFile && !existsSync(path);
  if (isNew && !options.readonly) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const sqlite = options.readonly ? new Database(path, { readonly: true }) : new Database(path, { create: true });
  if (isNew && !options.readonly) chmodSync(path, 0o600);
  sqlite.run('PRAGMA busy_timeout = 5000');
  if (!options.readonly) {
    sqlite.run('PRAGMA journal_mode = WAL');
    sqlite.run('PRAGMA synchronous = NORMAL');
    sqlite.run('PRAGMA foreign_keys = ON');
  }
  return { orm: drizzle({ client: sqlite, schema }), sqlite, close: () => sqlite.close() };
}
