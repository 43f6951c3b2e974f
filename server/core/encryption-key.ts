import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Db } from '../../db/client.ts';
import { openReadOnly } from '../../db/read-only.ts';
import type { Clock } from './clock.ts';
import { createSecretBox, parseKey, type SecretBox, SecretBoxError } from './secret-box.ts';

const keyBytes = 32;
const checkKey = 'encryption_check';
const checkContext = `settings.${checkKey}`;
const checkText = 'gpt2api';

/** The stored secrets cannot be read or kept: the message says what to do, and nothing was changed. */
export class EncryptionKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EncryptionKeyError';
  }
}

export interface LoadedEncryptionKey {
  /** 32 bytes. */
  key: Uint8Array;
  source: 'env' | 'file';
  /** True when the key file was made by this call. */
  created: boolean;
  /** For the log: the key works, but something should be mended. */
  warning?: string;
}

/** Where the key of a database lives when ENCRYPTION_KEY is not set. */
export function keyFilePath(databasePath: string): string {
  return `${databasePath}.key`;
}

/**
 * The key that seals secrets in the database at `databasePath`: `encryptionKey` (32 bytes as base64, base64url or
 * hex) when given, else the key file beside the database, which is made when neither it nor sealed data exists.
 * To be called before the database is opened for writing: a missing or wrong key throws {@link EncryptionKeyError}
 * and leaves every file as it was.
 */
export function loadEncryptionKey(options: {
  databasePath: string;
  encryptionKey?: string | undefined;
}): LoadedEncryptionKey {
  const { databasePath, encryptionKey } = options;
  const check = storedCheck(databasePath);
  if (encryptionKey !== undefined) {
    const key = parseKey(encryptionKey);
    if (!key)
      throw new EncryptionKeyError(
        `ENCRYPTION_KEY must be ${keyBytes} bytes as base64 or hex. Make one with: openssl rand -base64 ${keyBytes}`,
      );
    if (check && !opens(key, check)) {
      throw new EncryptionKeyError(
        `ENCRYPTION_KEY is not the key that ${databasePath} was encrypted with. Set the one it was made with${existsSync(keyFilePath(databasePath)) ? `, or unset it to use ${keyFilePath(databasePath)}` : ''}.`,
      );
    }
    return { key, source: 'env', created: false };
  }
  return fromFile(keyFilePath(databasePath), databasePath, check);
}

function fromFile(path: string, databasePath: string, check: Buffer | undefined): LoadedEncryptionKey {
  const isMissing = !existsSync(path);
  if (isMissing && check) {
    throw new EncryptionKeyError(
      `${databasePath} holds encrypted data, but the key file ${path} is missing; put it back or set ENCRYPTION_KEY to the key it held.`,
    );
  }
  const created = isMissing && createKeyFile(path);
  const key = parseKey(readFileSync(path, 'utf8'));
  if (!key)
    throw new EncryptionKeyError(
      `The key file ${path} does not hold a key of ${keyBytes} bytes; put the right one back or set ENCRYPTION_KEY.`,
    );
  if (check && !opens(key, check)) {
    throw new EncryptionKeyError(
      `The key file ${path} is not the key that ${databasePath} was encrypted with; put the right one back or set ENCRYPTION_KEY.`,
    );
  }
  const isOpenToOthers = (statSync(path).mode & 0o077) !== 0;
  return {
    key,
    source: 'file',
    created,
    ...(isOpenToOthers && { warning: `The key file ${path} can be read by other users; run: chmod 600 ${path}` }),
  };
}

/**
 * Keeps a check value in a migrated database, so that a later start notices a missing or wrong key; verifies the one
 * that is there already. Throws {@link EncryptionKeyError} when it was written with another key.
 */
export function keepEncryptionCheck(db: Db, box: SecretBox, clock: Clock): void {
  const value = JSON.stringify(box.seal(checkText, checkContext).toString('base64'));
  // A process that started at the same moment may have stored its own: the first one stands.
  db.sqlite
    .query('insert into settings (key, value, updated_at) values (?, ?, ?) on conflict do nothing')
    .run(checkKey, value, clock.now());
  const row = db.sqlite.query<{ value: string }, [string]>('select value from settings where key = ?').get(checkKey);
  if (!row || !opensWith(box, decodeCheck(row.value))) {
    throw new EncryptionKeyError('The database was encrypted with another key; set ENCRYPTION_KEY to that one.');
  }
}

/** The check value of the database file, or undefined when there is no file, no settings table or no such row. */
function storedCheck(databasePath: string): Buffer | undefined {
  if (!existsSync(databasePath)) return undefined;
  const sqlite = openReadOnly(databasePath);
  try {
    sqlite.run('PRAGMA busy_timeout = 5000');
    const hasSettings =
      sqlite.query(`select 1 from sqlite_master where type = 'table' and name = 'settings'`).get() !== null;
    const row = hasSettings
      ? sqlite.query<{ value: string }, [string]>('select value from settings where key = ?').get(checkKey)
      : null;
    return row ? decodeCheck(row.value) : undefined;
  } finally {
    sqlite.close();
  }
}

function decodeCheck(value: string): Buffer {
  return Buffer.from(JSON.parse(value) as string, 'base64');
}

function opens(key: Uint8Array, check: Buffer): boolean {
  return opensWith(createSecretBox(key), check);
}

function opensWith(box: SecretBox, check: Buffer): boolean {
  try {
    return box.open(check, checkContext) === checkText;
  } catch (error) {
    if (error instanceof SecretBoxError) return false;
    throw error;
  }
}

/**
 * Writes a new key to `path`, readable by its owner only. It gets its name by a link once it is whole on disk, so no
 * process ever reads half a key; false when another process was faster (then its key counts).
 */
function createKeyFile(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(keyBytes).toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}
