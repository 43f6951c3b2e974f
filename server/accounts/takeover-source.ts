import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { openReadOnly } from '../../db/read-only.ts';
import { asCount, asFlag, asText } from './import/fields.ts';
import { readInstant } from './import/instant.ts';

/** The file is not a database that can be taken over. */
export class TakeoverError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TakeoverError';
  }
}

export interface OldToken {
  id: number;
  /** The row as the predecessor keeps it, in the shape of its own export files. */
  record: Record<string, unknown>;
  totalRequests: number;
  successRequests: number;
  failedRequests: number;
  lastUsedAt: number | null;
  createdAt: number | null;
}

export interface OldKey {
  id: number;
  key: string;
  name: string | null;
  isActive: boolean;
  usageCount: number;
  lastUsedAt: number | null;
  createdAt: number | null;
}

export interface OldUser {
  username: string;
  /** bcrypt. */
  passwordHash: string;
  createdAt: number | null;
}

export interface OldLog {
  id: number;
  keyId: number | null;
  tokenId: number | null;
  model: string | null;
  endpoint: string;
  statusCode: number;
  errorMessage: string | null;
  createdAt: number | null;
}

/** The predecessor's database, read-only. Times are epoch milliseconds; rows come in the order they were made. */
export interface OldDatabase {
  tokens(): OldToken[];
  keys(): OldKey[];
  users(): OldUser[];
  logs(): Iterable<OldLog>;
  close(): void;
}

type Row = Record<string, unknown>;

/** What an account's row shares with the predecessor's export files; its quota figures are invented and stay behind. */
const tokenFields = [
  'name',
  'email',
  'account_id',
  'access_token',
  'refresh_token',
  'id_token',
  'expired_at',
  'last_refresh_at',
  'is_active',
];

/** Opens gpt2api-node's database at `path`; tables and columns that an older version lacks count as empty. Throws {@link TakeoverError}. */
export function openOldDatabase(path: string): OldDatabase {
  if (!existsSync(path)) throw new TakeoverError(`There is no file ${path}.`);
  const sqlite = openReadOnly(path);
  try {
    const columns = columnsOf(sqlite, path);
    if (columns.includes('credential_version'))
      throw new TakeoverError(`${path} is a database of this program already; it needs no takeover.`);
    if (!columns.includes('access_token'))
      throw new TakeoverError(`${path} is not a gpt2api-node database: it has no accounts table.`);
  } catch (error) {
    sqlite.close();
    throw error;
  }

  // Every column, as later ones may be missing.
  const rows = (table: string) =>
    hasTable(sqlite, table) ? sqlite.query<Row, []>(`select * from "${table}" order by id`).iterate() : [];
  return {
    tokens: () => Array.from(rows('tokens'), toToken),
    keys: () => Array.from(rows('api_keys'), toKey).filter(({ key }) => key !== ''),
    users: () =>
      Array.from(rows('users'), toUser).filter(({ username, passwordHash }) => username !== '' && passwordHash !== ''),
    *logs() {
      for (const row of rows('api_logs')) yield toLog(row);
    },
    close: () => sqlite.close(),
  };
}

function columnsOf(sqlite: Database, path: string): string[] {
  try {
    return sqlite
      .query<{ name: string }, []>('pragma table_info(tokens)')
      .all()
      .map(({ name }) => name);
  } catch {
    throw new TakeoverError(`${path} is not a SQLite database.`);
  }
}

function hasTable(sqlite: Database, table: string): boolean {
  return sqlite.query(`select 1 from sqlite_master where type = 'table' and name = ?`).get(table) !== null;
}

function toToken(row: Row): OldToken {
  return {
    id: Number(row['id']),
    record: Object.fromEntries(tokenFields.map((name) => [name, row[name]])),
    totalRequests: asCount(row['total_requests']) ?? 0,
    successRequests: asCount(row['success_requests']) ?? 0,
    failedRequests: asCount(row['failed_requests']) ?? 0,
    lastUsedAt: readInstant(row['last_used_at']),
    createdAt: readInstant(row['created_at']),
  };
}

function toKey(row: Row): OldKey {
  return {
    id: Number(row['id']),
    key: asText(row['key']) ?? '',
    name: asText(row['name']),
    isActive: asFlag(row['is_active']) ?? true,
    usageCount: asCount(row['usage_count']) ?? 0,
    lastUsedAt: readInstant(row['last_used_at']),
    createdAt: readInstant(row['created_at']),
  };
}

function toUser(row: Row): OldUser {
  return {
    username: asText(row['username']) ?? '',
    passwordHash: asText(row['password']) ?? '',
    createdAt: readInstant(row['created_at']),
  };
}

function toLog(row: Row): OldLog {
  return {
    id: Number(row['id']),
    keyId: asCount(row['api_key_id']),
    tokenId: asCount(row['token_id']),
    model: asText(row['model']),
    endpoint: asText(row['endpoint']) ?? '',
    statusCode: asCount(row['status_code']) ?? 0,
    errorMessage: asText(row['error_message']),
    createdAt: readInstant(row['created_at']),
  };
}
