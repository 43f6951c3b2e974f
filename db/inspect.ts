import { existsSync } from 'node:fs';
import { schemaVersion } from './migrate.ts';
import { openReadOnly } from './read-only.ts';

/**
 * Whose database a file holds. `vacant`: there is none yet. `ours`: of this build or an older one. `predecessor`: of
 * gpt2api-node, which used the same default path and some of the same table names.
 */
export type DatabaseOwner = 'vacant' | 'ours' | 'newer-build' | 'predecessor' | 'another-program';

/** Looks into the file at `path` without changing it or leaving anything beside it. */
export function databaseOwner(path: string): DatabaseOwner {
  if (!existsSync(path)) return 'vacant';
  const sqlite = openReadOnly(path);
  try {
    sqlite.run('PRAGMA busy_timeout = 5000');
    const version = sqlite.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0;
    if (version > schemaVersion) return 'newer-build';
    if (version > 0) return 'ours';
    // Every database we have migrated carries a version.
    const tables = sqlite.query<{ name: string }, []>(`select name from sqlite_master where type = 'table'`).all();
    if (tables.length === 0) return 'vacant';
    const columns = sqlite.query<{ name: string }, []>('PRAGMA table_info(tokens)').all();
    return columns.some(({ name }) => name === 'access_token') ? 'predecessor' : 'another-program';
  } finally {
    sqlite.close();
  }
}
