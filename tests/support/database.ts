import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';

/** A new folder, removed at the end of the `await using` scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'gpt2api-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** An empty migrated database on disk, closed and removed at the end of the `await using` scope. */
export async function temporaryDatabase(): Promise<{ db: Db; path: string; folder: string } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'app.db');
  const db = openDatabase(path);
  migrate(db);
  return {
    db,
    path,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      db.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
