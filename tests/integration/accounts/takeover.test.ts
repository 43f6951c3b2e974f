import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import { apiKeys, apiLogs, users } from '../../../db/schema/index.ts';
import type { AccountStore } from '../../../server/accounts/import/import.ts';
import { openCredential } from '../../../server/accounts/sealed-columns.ts';
import { takeOver } from '../../../server/accounts/takeover.ts';
import { TakeoverError } from '../../../server/accounts/takeover-source.ts';
import { createSecretBox } from '../../../server/core/secret-box.ts';
import { hashKey } from '../../../server/keys/key.ts';
import { temporaryDatabase, temporaryFolder } from '../../support/database.ts';

const box = createSecretBox(new Uint8Array(32).fill(9));
const now = Date.UTC(2026, 8, 1);
const clientKey = 'sk-AbCdEfGhIjKlMnOpQrStUvWxYz012345';

/** The predecessor's database, as its own program makes it (journal mode and all). */
function makeOld(path: string): void {
  const old = new Database(path, { create: true });
  old.run('PRAGMA journal_mode = WAL');
  old.run(
    'create table users (id integer primary key autoincrement, username text unique not null, password text not null, created_at datetime default current_timestamp, updated_at datetime)',
  );
  old.run(
    'create table api_keys (id integer primary key autoincrement, key text unique not null, name text, created_at datetime default current_timestamp, last_used_at datetime, usage_count integer default 0, is_active integer default 1)',
  );
  old.run(`create table tokens (id integer primary key autoincrement, name text, email text, account_id text, access_token text not null, refresh_token text not null, id_token text, expired_at datetime, last_refresh_at datetime,
    total_requests integer default 0, success_requests integer default 0, failed_requests integer default 0, last_used_at datetime, quota_total integer, quota_used integer, quota_remaining integer, last_quota_check datetime, is_active integer default 1, created_at datetime default current_timestamp)`);
  old.run(
    'create table api_logs (id integer primary key autoincrement, api_key_id integer, token_id integer, model text, endpoint text, status_code integer, error_message text, created_at datetime default current_timestamp)',
  );

  const user = old.query('insert into users (username, password, created_at) values (?, ?, ?)');
  user.run('admin', Bun.password.hashSync('admin123', { algorithm: 'bcrypt', cost: 4 }), '2026-01-01 00:00:00');
  user.run('boss', Bun.password.hashSync('changed-long-ago', { algorithm: 'bcrypt', cost: 4 }), '2026-01-02 00:00:00');
  const key = old.query(
    'insert into api_keys (key, name, created_at, last_used_at, usage_count, is_active) values (?, ?, ?, ?, ?, ?)',
  );
  key.run(clientKey, 'laptop', '2026-01-03 00:00:00', '2026-02-01 10:00:00', 42, 1);
  key.run('sk-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', null, '2026-01-04 00:00:00', null, 0, 0);
  const token = old.query(
    `insert into tokens (name, email, account_id, access_token, refresh_token, expired_at, last_refresh_at, total_requests, success_requests, failed_requests, last_used_at, quota_total, quota_used, is_active, created_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 50000, 4200, ?, ?)`,
  );
  token.run(
    'first',
    'ann@example.com',
    'ws-1',
    'access-1',
    'refresh-1',
    '2026-10-01T00:00:00.000Z',
    '2026-08-30 12:00:00',
    10,
    8,
    2,
    '2026-02-01 10:00:00',
    1,
    '2026-01-05 00:00:00',
  );
  token.run(
    'second',
    'bob@example.com',
    'ws-1',
    'access-2',
    'refresh-2',
    null,
    null,
    0,
    0,
    0,
    null,
    0,
    '2026-01-06 00:00:00',
  );
  token.run('broken', 'eve@example.com', 'ws-1', '', 'refresh-3', null, null, 0, 0, 0, null, 1, '2026-01-07 00:00:00');
  const log = old.query(
    'insert into api_logs (api_key_id, token_id, model, endpoint, status_code, error_message, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  );
  log.run(1, 1, 'gpt-5', '/v1/chat/completions', 200, null, '2026-02-01 10:00:00');
  log.run(1, 1, 'gpt-5', '/v1/chat/completions', 200, null, '2026-02-01 10:00:00');
  log.run(1, 2, 'gpt-5', '/v1/chat/completions', 500, 'refused sk-abcdefghijkl', '2026-02-01 10:59:59');
  log.run(null, 3, null, null, 401, null, '2026-02-01T11:00:00.000Z');
  old.close();
}

async function temporaryStore() {
  const database = await temporaryDatabase();
  const store: AccountStore = { db: database.db, box, clock: { now: () => now } };
  const old = join(database.folder, 'old.db');
  return { ...database, store, old, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

describe('takeover of the predecessor’s database', () => {
  test('accounts, keys, users, counters and logs are there; invented quota figures are not', async () => {
    await using at = await temporaryStore();
    makeOld(at.old);
    const report = takeOver(at.store, at.old);
    const rows = createAccountRepository(at.db).rows();
    const [first, second] = rows;
    if (!first || !second) throw new Error('two accounts were expected');
    expect(report).toEqual({
      accounts: [
        { source: at.old, index: 0, label: 'first', outcome: 'created', id: first.id },
        { source: at.old, index: 1, label: 'second', outcome: 'created', id: second.id },
        {
          source: at.old,
          index: 2,
          label: 'broken',
          outcome: 'rejected',
          reason: 'it has no usable access token (access_token)',
        },
      ],
      keys: { added: 2, existing: 0 },
      users: { added: ['admin', 'boss'], kept: [], mustChangePassword: ['admin'] },
      logs: { added: 4, existing: 0 },
    });

    expect(openCredential(box, first)).toEqual({
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      idToken: null,
      expiresAt: Date.UTC(2026, 9, 1),
    });
    expect(first).toMatchObject({
      name: 'first',
      email: 'ann@example.com',
      accountId: 'ws-1',
      userId: 'ann@example.com',
      state: 'active',
      extra: null,
      quotaRank: 5,
      quotaCheckedAt: null,
      totalRequests: 10,
      successRequests: 8,
      failedRequests: 2,
      lastUsedAt: Date.UTC(2026, 1, 1, 10),
      lastRefreshAt: Date.UTC(2026, 7, 30, 12),
      createdAt: Date.UTC(2026, 0, 5),
    });
    expect(second).toMatchObject({ name: 'second', state: 'disabled', totalRequests: 0 });

    const keys = at.db.orm.select().from(apiKeys).orderBy(apiKeys.createdAt).all();
    expect(keys.map(({ id: _id, ...key }) => key)).toEqual([
      {
        name: 'laptop',
        keyHash: hashKey(clientKey),
        prefix: 'sk-AbCdE',
        isActive: true,
        expiresAt: null,
        allowedModels: null,
        usageCount: 42,
        lastUsedAt: Date.UTC(2026, 1, 1, 10),
        createdAt: Date.UTC(2026, 0, 3),
        updatedAt: now,
      },
      {
        name: 'key 2',
        keyHash: hashKey('sk-zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz'),
        prefix: 'sk-zzzzz',
        isActive: false,
        expiresAt: null,
        allowedModels: null,
        usageCount: 0,
        lastUsedAt: null,
        createdAt: Date.UTC(2026, 0, 4),
        updatedAt: now,
      },
    ]);

    const people = at.db.orm.select().from(users).orderBy(users.createdAt).all();
    expect(people.map(({ username, mustChangePassword }) => [username, mustChangePassword])).toEqual([
      ['admin', true],
      ['boss', false],
    ]);
    expect(await Bun.password.verify('changed-long-ago', people[1]?.passwordHash ?? '')).toBe(true);

    const keyId = keys[0]?.id ?? '';
    const logs = at.db.sqlite
      .query(
        'select api_key_id, token_id, model, endpoint, status_code, error_code, error_message, created_at from api_logs order by id',
      )
      .values();
    expect(logs).toEqual([
      [keyId, first.id, 'gpt-5', '/v1/chat/completions', 200, null, null, Date.UTC(2026, 1, 1, 10)],
      [keyId, first.id, 'gpt-5', '/v1/chat/completions', 200, null, null, Date.UTC(2026, 1, 1, 10)],
      [
        keyId,
        second.id,
        'gpt-5',
        '/v1/chat/completions',
        500,
        'unknown_error',
        'refused [redacted]',
        Date.UTC(2026, 1, 1, 10, 59, 59),
      ],
      [null, null, null, '', 401, 'unknown_error', null, Date.UTC(2026, 1, 1, 11)],
    ]);

    const hours = at.db.sqlite
      .query(
        'select starts_at, api_key_id, token_id, model, requests, failures, input_tokens from usage_hourly order by starts_at, requests desc',
      )
      .values();
    expect(hours).toEqual([
      [Date.UTC(2026, 1, 1, 10), keyId, first.id, 'gpt-5', 2, 0, 0],
      [Date.UTC(2026, 1, 1, 10), keyId, second.id, 'gpt-5', 1, 1, 0],
      [Date.UTC(2026, 1, 1, 11), '', '', '', 1, 1, 0],
    ]);
    expect(at.db.sqlite.query('select starts_at, sum(requests) from usage_daily group by 1').values()).toEqual([
      [Date.UTC(2026, 1, 1), 4],
    ]);
  });

  test('a second takeover adds nothing twice, and what has come since once', async () => {
    await using at = await temporaryStore();
    makeOld(at.old);
    takeOver(at.store, at.old);
    const state = () =>
      ['tokens', 'api_keys', 'users', 'api_logs', 'usage_hourly', 'usage_daily'].map((table) =>
        at.db.sqlite.query(`select * from ${table}`).values(),
      );
    const before = state();
    expect(takeOver(at.store, at.old)).toMatchObject({
      keys: { added: 0, existing: 2 },
      users: { added: [], kept: ['admin', 'boss'], mustChangePassword: [] },
      logs: { added: 0, existing: 4 },
    });
    expect(state()).toEqual(before);

    const old = new Database(at.old);
    old.run(
      `insert into api_logs (api_key_id, token_id, model, endpoint, status_code, created_at) values (1, 1, 'gpt-5', '/v1/chat/completions', 200, '2026-02-01 10:30:00')`,
    );
    old.close();
    expect(takeOver(at.store, at.old).logs).toEqual({ added: 1, existing: 4 });
    expect(at.db.sqlite.query('select sum(requests) as requests from usage_hourly').get()).toEqual({ requests: 5 });
  });

  test('what we have already stays: an administrator of ours, a key, an account', async () => {
    await using at = await temporaryStore();
    makeOld(at.old);
    at.db.orm
      .insert(users)
      .values({
        id: 'usr_own',
        username: 'admin',
        passwordHash: 'ours',
        mustChangePassword: false,
        createdAt: 1,
        updatedAt: 1,
      })
      .run();
    at.db.orm
      .insert(apiKeys)
      .values({
        id: 'key_own',
        name: 'ours',
        keyHash: hashKey(clientKey),
        prefix: 'sk-AbCdE',
        usageCount: 1,
        createdAt: 1,
        updatedAt: 1,
      })
      .run();
    const report = takeOver(at.store, at.old);
    expect(report.users).toEqual({ added: ['boss'], kept: ['admin'], mustChangePassword: [] });
    expect(report.keys).toEqual({ added: 1, existing: 1 });
    expect(at.db.orm.select().from(users).all()).toContainEqual({
      id: 'usr_own',
      username: 'admin',
      passwordHash: 'ours',
      mustChangePassword: false,
      createdAt: 1,
      updatedAt: 1,
    });
    expect(at.db.orm.select({ key: apiLogs.apiKeyId }).from(apiLogs).orderBy(apiLogs.id).all()[0]).toEqual({
      key: 'key_own',
    });
  });

  test('a user with a damaged password hash comes along and keeps nothing else back', async () => {
    await using at = await temporaryStore();
    makeOld(at.old);
    const old = new Database(at.old);
    old.run(`update users set password = '$2b$10$damaged' where username = 'admin'`);
    old.close();
    const report = takeOver(at.store, at.old);
    expect(report.users).toEqual({ added: ['admin', 'boss'], kept: [], mustChangePassword: [] });
    expect(report.keys.added).toBe(2);
  });

  test('the old file is only read: no byte of it changes and nothing appears beside it', async () => {
    await using at = await temporaryStore();
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'app.db');
    makeOld(path);
    const before = readFileSync(path);
    takeOver(at.store, path);
    expect(readdirSync(folder.path)).toEqual(['app.db']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('rows that an old program still has in its write-ahead log are seen', async () => {
    await using at = await temporaryStore();
    makeOld(at.old);
    using running = new Database(at.old);
    running.run(`insert into api_keys (key, name) values ('sk-fresh', 'fresh')`);
    expect(takeOver(at.store, at.old).keys.added).toBe(3);
  });

  test('a database of an early version, without later columns and tables, is enough', async () => {
    await using at = await temporaryStore();
    const old = new Database(at.old, { create: true });
    old.run('create table tokens (id integer primary key, access_token text, refresh_token text)');
    old.run(`insert into tokens (access_token, refresh_token) values ('a', 'r')`);
    old.close();
    const report = takeOver(at.store, at.old);
    expect({ ...report, accounts: report.accounts.map(({ outcome }) => outcome) }).toEqual({
      accounts: ['created'],
      keys: { added: 0, existing: 0 },
      users: { added: [], kept: [], mustChangePassword: [] },
      logs: { added: 0, existing: 0 },
    });
    expect(createAccountRepository(at.db).rows()[0]).toMatchObject({
      createdAt: now,
      state: 'active',
      totalRequests: 0,
    });
  });

  test('a file that is none of its databases is refused and nothing is written', async () => {
    await using at = await temporaryStore();
    const text = join(at.folder, 'text.db');
    writeFileSync(text, 'this is no database at all, but it is long enough to be looked at '.repeat(20));
    const other = join(at.folder, 'other.db');
    const database = new Database(other, { create: true });
    database.run('create table things (id integer)');
    database.close();
    for (const path of [join(at.folder, 'missing.db'), text, other, at.path])
      expect(() => takeOver(at.store, path)).toThrow(TakeoverError);
  });
});
