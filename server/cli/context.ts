import { existsSync } from 'node:fs';
import { type Db, openDatabase } from '../../db/client.ts';
import { databaseOwner } from '../../db/inspect.ts';
import { migrate } from '../../db/migrate.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { commandName } from '../core/command-name.ts';
import { keepEncryptionCheck, type LoadedEncryptionKey, loadEncryptionKey } from '../core/encryption-key.ts';
import { messageOf } from '../core/errors.ts';
import { createLog, type Log } from '../core/log.ts';
import { createSecretBox, type SecretBox } from '../core/secret-box.ts';
import { type Env, parseEnv } from '../env.ts';
import { CliError } from './failure.ts';

/** What every command that works on the database has at hand. Closes the database at the end of its `using` block. */
export interface Context extends Disposable {
  env: Env;
  db: Db;
  box: SecretBox;
  clock: Clock;
  log: Log;
  encryptionKey: LoadedEncryptionKey;
  /** True when this call made the database file. */
  isNew: boolean;
  /** Migrations this call applied. */
  migrated: number;
}

/**
 * Reads the configuration, looks whose database is there and proves the encryption key (both before anything is
 * written), opens the database (made when missing) and brings it up to date. Throws EnvError, EncryptionKeyError, or a
 * CliError `database`.
 */
export function openContext(variables: Readonly<Record<string, string | undefined>>): Context {
  const env = parseEnv(variables);
  const log = createLog(env.LOG_LEVEL);
  const isNew = !existsSync(env.DATABASE_PATH);
  atDatabase(env, () => refuseForeignDatabase(env.DATABASE_PATH));
  const encryptionKey = atDatabase(env, () =>
    loadEncryptionKey({ databasePath: env.DATABASE_PATH, encryptionKey: env.ENCRYPTION_KEY }),
  );
  if (encryptionKey.warning !== undefined) log.warn(encryptionKey.warning);
  const box = createSecretBox(encryptionKey.key);
  const db = atDatabase(env, () => openDatabase(env.DATABASE_PATH));
  try {
    const { applied: migrated } = atDatabase(env, () => migrate(db));
    keepEncryptionCheck(db, box, systemClock);
    const close = () => db.close();
    return { env, db, box, clock: systemClock, log, encryptionKey, isNew, migrated, [Symbol.dispose]: close };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws a CliError that says what to do when the file at `path` is not a database this build may write to. */
function refuseForeignDatabase(path: string): void {
  const elsewhere = 'Set DATABASE_PATH to another file';
  switch (databaseOwner(path)) {
    case 'predecessor':
      throw new CliError(
        'database',
        `${path} is the database of gpt2api-node and is left as it is. ${elsewhere}, then take over its accounts, keys and logs with: ${commandName} tokens import --from-db ${path}`,
      );
    case 'another-program':
      throw new CliError('database', `${path} is the database of another program. ${elsewhere}.`);
    case 'newer-build':
      throw new CliError(
        'database',
        `${path} was written by a newer build than this one. Start that build, or set DATABASE_PATH to another file.`,
      );
    default:
  }
}

/** SQLite's and the system's own messages do not say which file they mean. */
function atDatabase<T>(env: Env, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string' || !/^(SQLITE_|E[A-Z]+$)/.test(code)) throw error;
    throw new CliError('database', `The database at ${env.DATABASE_PATH} cannot be used: ${messageOf(error)}`);
  }
}
