import { constants, Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * Opens the database file at `path` for reading and leaves no trace beside it. A plain read-only connection makes
 * `-wal` and `-shm` files when the database is in WAL mode and nobody has it open; without a `-wal` the file is
 * complete by itself and is read as immutable.
 */
export function openReadOnly(path: string): Database {
  if (existsSync(`${path}-wal`)) return new Database(path, { readonly: true });
  return new Database(
    `${pathToFileURL(path).href}?immutable=1`,
    constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI,
  );
}
