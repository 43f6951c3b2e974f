import { describe, expect, test } from 'bun:test';
import { chmodSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import {
  EncryptionKeyError,
  keepEncryptionCheck,
  keyFilePath,
  loadEncryptionKey,
} from '../../../server/core/encryption-key.ts';
import { createSecretBox } from '../../../server/core/secret-box.ts';
import { temporaryFolder } from '../../support/database.ts';

const clock = { now: () => 1_000 };
const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));

/** A first start in `folder`: key, database, check value. */
function firstStart(folder: string, encryptionKey?: string): string {
  const databasePath = join(folder, 'data', 'app.db');
  const { key } = loadEncryptionKey({ databasePath, encryptionKey });
  const db = openDatabase(databasePath);
  migrate(db);
  keepEncryptionCheck(db, createSecretBox(key), clock);
  db.close();
  return databasePath;
}

/** Every file of the folder with its bytes. */
function contents(databasePath: string): Record<string, string> {
  const folder = join(databasePath, '..');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

describe('encryption key', () => {
  test('a first start makes a key file that only its owner can read; the next start uses it', async () => {
    await using folder = await temporaryFolder();
    const databasePath = join(folder.path, 'data', 'app.db');
    const first = loadEncryptionKey({ databasePath });
    expect({ ...first, key: first.key.length }).toEqual({ key: 32, source: 'file', created: true });
    expect(statSync(keyFilePath(databasePath)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder.path, 'data'))).toEqual(['app.db.key']);
    const second = loadEncryptionKey({ databasePath });
    expect({ ...second, key: Buffer.from(second.key).equals(first.key) }).toEqual({
      key: true,
      source: 'file',
      created: false,
    });
  });

  test.each([
    ['base64', bytes.toString('base64')],
    ['base64 without padding', bytes.toString('base64').replace('=', '')],
    ['base64url', bytes.toString('base64url')],
    ['hex', bytes.toString('hex')],
    ['upper-case hex and blanks around', ` ${bytes.toString('hex').toUpperCase()}\n`],
  ])('ENCRYPTION_KEY may be %s; no file is made', async (_form, encryptionKey) => {
    await using folder = await temporaryFolder();
    const loaded = loadEncryptionKey({ databasePath: join(folder.path, 'app.db'), encryptionKey });
    expect({ ...loaded, key: Buffer.from(loaded.key).toString('hex') }).toEqual({
      key: bytes.toString('hex'),
      source: 'env',
      created: false,
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    '',
    'short',
    'a passphrase that happens to be long enough!!',
    bytes.subarray(1).toString('base64'),
    bytes.toString('hex').slice(2),
  ])('ENCRYPTION_KEY %p is refused with the way to make one', async (encryptionKey) => {
    await using folder = await temporaryFolder();
    expect(() => loadEncryptionKey({ databasePath: join(folder.path, 'app.db'), encryptionKey })).toThrow(
      'openssl rand -base64 32',
    );
  });

  test('a missing key file stops the start, names the file and touches nothing', async () => {
    await using folder = await temporaryFolder();
    const databasePath = firstStart(folder.path);
    renameSync(keyFilePath(databasePath), join(folder.path, 'elsewhere'));
    const before = contents(databasePath);
    expect(() => loadEncryptionKey({ databasePath })).toThrow(
      `the key file ${databasePath}.key is missing; put it back or set ENCRYPTION_KEY`,
    );
    expect(contents(databasePath)).toEqual(before);
  });

  test.each([
    ['of another database', `${bytes.toString('base64')}\n`, 'is not the key'],
    ['that is empty', '', 'does not hold a key'],
  ])('a key file %s stops the start and touches nothing', async (_what, content, message) => {
    await using folder = await temporaryFolder();
    const databasePath = firstStart(folder.path);
    writeFileSync(keyFilePath(databasePath), content);
    const before = contents(databasePath);
    expect(() => loadEncryptionKey({ databasePath })).toThrow(message);
    expect(contents(databasePath)).toEqual(before);
  });

  test('a wrong ENCRYPTION_KEY stops the start and touches nothing, the right one goes on', async () => {
    await using folder = await temporaryFolder();
    const databasePath = firstStart(folder.path, bytes.toString('base64'));
    const before = contents(databasePath);
    const wrong = Buffer.alloc(32, 1).toString('base64');
    expect(() => loadEncryptionKey({ databasePath, encryptionKey: wrong })).toThrow(EncryptionKeyError);
    expect(loadEncryptionKey({ databasePath, encryptionKey: bytes.toString('hex') }).source).toBe('env');
    expect(contents(databasePath)).toEqual(before);
  });

  test('the check is read while another process has the database open, from its write-ahead log', async () => {
    await using folder = await temporaryFolder();
    const databasePath = join(folder.path, 'app.db');
    const { key } = loadEncryptionKey({ databasePath });
    const db = openDatabase(databasePath);
    try {
      migrate(db);
      keepEncryptionCheck(db, createSecretBox(key), clock);
      expect(readdirSync(folder.path)).toContain('app.db-wal');
      expect(() => loadEncryptionKey({ databasePath, encryptionKey: bytes.toString('hex') })).toThrow(
        EncryptionKeyError,
      );
      expect(loadEncryptionKey({ databasePath }).created).toBe(false);
    } finally {
      db.close();
    }
  });

  test('a check value is never replaced by that of another key', async () => {
    await using folder = await temporaryFolder();
    const databasePath = firstStart(folder.path);
    const db = openDatabase(databasePath);
    try {
      expect(() => keepEncryptionCheck(db, createSecretBox(bytes), clock)).toThrow(EncryptionKeyError);
    } finally {
      db.close();
    }
    expect(loadEncryptionKey({ databasePath }).source).toBe('file');
  });

  test('a key file that others can read works, with a warning', async () => {
    await using folder = await temporaryFolder();
    const databasePath = firstStart(folder.path);
    chmodSync(keyFilePath(databasePath), 0o644);
    expect(loadEncryptionKey({ databasePath }).warning).toBe(
      `The key file ${databasePath}.key can be read by other users; run: chmod 600 ${databasePath}.key`,
    );
  });
});
