import type { Db } from './client.ts';
import initial from './migrations/0000_initial.sql' with { type: 'text' };

/** In order; never edited after landing. The imports put them into the compiled binary. */
const migrations: readonly string[] = [initial];

/** The number of migrations this build knows, which is the `user_version` of an up-to-date database. */
export const schemaVersion = migrations.length;

export function databaseVersion(db: Db): number {
  return (db.sqlite.query('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** Applies what is missing, all or nothing. Throws when the database was written by a newer build. */
export function migrate(db: Db): { applied: number } {
  const from = databaseVersion(db);
  if (from > schemaVersion) {
    throw new Error(
      `This database has schema ${from}, but this build knows only ${schemaVersion}. Start the newer build that wrote it.`,
    );
  }
  if (from === schemaVersion) return { applied: 0 };
  const apply = db.sqlite.transaction(() => {
    // Another process may have been faster while this one waited for the lock.
    const current = databaseVersion(db);
    for (const sql of migrations.slice(current)) {
      for (const statement of sql.split('--> statement-breakpoint')) db.sqlite.run(statement);
    }
    db.sqlite.run(`PRAGMA user_version = ${schemaVersion}`);
    return schemaVersion - current;
  });
  return { applied: apply.immediate() };
}
