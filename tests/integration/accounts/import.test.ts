import { describe, expect, test } from 'bun:test';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import { tokens } from '../../../db/schema/index.ts';
import { type AccountStore, importAccounts } from '../../../server/accounts/import/import.ts';
import { openCredential, openExtra, openProxyUrl } from '../../../server/accounts/sealed-columns.ts';
import { createSecretBox, SecretBoxError } from '../../../server/core/secret-box.ts';
import { temporaryDatabase } from '../../support/database.ts';
import { fakeAccessToken } from '../../support/tokens.ts';

const box = createSecretBox(new Uint8Array(32).fill(3));
const start = Date.UTC(2026, 8, 1);

async function temporaryStore() {
  const database = await temporaryDatabase();
  const time = { now: start };
  const store: AccountStore = { db: database.db, box, clock: { now: () => time.now } };
  const repository = createAccountRepository(database.db);
  const bring = (value: unknown, options?: { preview: boolean }) =>
    importAccounts(
      store,
      [{ name: 'file.json', text: typeof value === 'string' ? value : JSON.stringify(value) }],
      options,
    );
  return { ...database, store, repository, bring, time, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

const ann = (serial: number, more: Record<string, unknown> = {}) => ({
  access_token: fakeAccessToken({
    accountId: 'ws-1',
    userId: 'user-ann',
    email: 'ann@example.com',
    plan: 'plus',
    iat: start / 1000 + serial,
    exp: start / 1000 + 864_000 + serial,
  }),
  refresh_token: `rt_ann_${serial}`,
  ...more,
});
const none = { created: 0, updated: 0, unchanged: 0, duplicate: 0, stale: 0, rejected: 0 };

describe('import', () => {
  test('a new account is stored sealed, with everything the file says', async () => {
    await using at = await temporaryStore();
    const record = ann(1, {
      name: 'first',
      proxy_url: 'http://user:secret@proxy:8080',
      priority: 4,
      notes: 'hers',
      'x-extra': [1, { a: null }],
    });
    const report = at.bring(record);
    const [row] = at.repository.rows();
    if (!row) throw new Error('nothing was stored');
    expect(report).toEqual({
      counts: { ...none, created: 1 },
      items: [{ source: 'file.json', index: 0, label: 'first', outcome: 'created', id: row.id }],
    });
    expect(openCredential(box, row)).toEqual({
      accessToken: record.access_token,
      refreshToken: 'rt_ann_1',
      idToken: null,
      expiresAt: start + 864_001_000,
    });
    expect({ proxy: openProxyUrl(box, row), extra: openExtra(box, row) }).toEqual({
      proxy: 'http://user:secret@proxy:8080',
      extra: { 'x-extra': [1, { a: null }] },
    });
    expect(at.repository.get(row.id)).toMatchObject({
      name: 'first',
      email: 'ann@example.com',
      accountId: 'ws-1',
      userId: 'user-ann',
      plan: 'plus',
      priority: 4,
      notes: 'hers',
      state: 'active',
      credentialVersion: 1,
      hasRefreshToken: true,
      hasProxy: true,
      createdAt: start,
    });
  });

  test('no secret of a file stands in the database file, and a sealed column does not open in another row', async () => {
    await using at = await temporaryStore();
    at.bring([
      ann(1),
      { access_token: 'opaque-access-token', refresh_token: 'opaque-refresh-token', email: 'bob@example.com' },
    ]);
    at.db.sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
    const bytes = await Bun.file(at.path).text();
    for (const secret of ['rt_ann_1', 'opaque-access-token', 'opaque-refresh-token', ann(1).access_token])
      expect(bytes).not.toContain(secret);
    const [first, second] = at.repository.rows();
    if (!first || !second) throw new Error('two rows were expected');
    expect(() => openCredential(box, { ...first, accessToken: second.accessToken })).toThrow(SecretBoxError);
  });

  test('T6: a newer sign-in replaces the credential and keeps id, history, priority, counters and notes', async () => {
    await using at = await temporaryStore();
    at.bring(ann(1, { name: 'first', priority: 4, notes: 'hers', kept: 1 }));
    const [before] = at.repository.rows();
    if (!before) throw new Error('nothing was stored');
    at.db.orm
      .update(tokens)
      .set({
        totalRequests: 9,
        successRequests: 7,
        failedRequests: 2,
        lastUsedAt: start,
        selectedSeq: 5,
        refreshLeaseOwner: 'other',
        refreshLeaseUntil: start + 1,
        refreshRetryAt: start + 2,
        refreshFailures: 3,
        state: 'needs-login',
        stateReason: 'refresh_token_reused',
      })
      .run();
    at.time.now += 5_000;
    expect(at.bring(ann(2, { name: 'other name', priority: 1, notes: 'not taken' })).counts).toEqual({
      ...none,
      updated: 1,
    });
    const [after] = at.repository.rows();
    if (!after) throw new Error('the row is gone');
    const { accessToken: _access, refreshToken: _refresh, idToken: _id, ...rest } = after;
    const { accessToken: _oldAccess, refreshToken: _oldRefresh, idToken: _oldId, ...oldRest } = before;
    expect(rest).toEqual({
      ...oldRest,
      totalRequests: 9,
      successRequests: 7,
      failedRequests: 2,
      lastUsedAt: start,
      selectedSeq: 5,
      credentialVersion: 2,
      expiredAt: start + 864_002_000,
      refreshLeaseOwner: null,
      refreshLeaseUntil: null,
      refreshRetryAt: null,
      refreshFailures: 0,
      state: 'active',
      stateReason: null,
      stateChangedAt: start + 5_000,
      updatedAt: start + 5_000,
    });
    expect(openCredential(box, after).refreshToken).toBe('rt_ann_2');
  });

  test.each([
    ['needs-login', 'refresh_token_expired', null, 'active'],
    ['cooling', 'forbidden', start + 60_000, 'active'],
    ['cooling', 'usage_limit_reached', start + 60_000, 'cooling'],
    ['disabled', 'by the operator', null, 'disabled'],
    ['active', null, null, 'active'],
  ] as const)(
    'T6: after a new sign-in an account that was %s (%s until %p) is %s',
    async (state, stateReason, stateUntil, expected) => {
      await using at = await temporaryStore();
      at.bring(ann(1));
      at.db.orm.update(tokens).set({ state, stateReason, stateUntil, failureStreak: 2 }).run();
      at.bring(ann(2));
      const [row] = at.repository.list({});
      const isKept = expected === state;
      expect(row).toMatchObject({
        state: expected,
        stateReason: isKept ? stateReason : null,
        stateUntil: isKept ? stateUntil : null,
        failureStreak: isKept ? 2 : 0,
        credentialVersion: 2,
      });
    },
  );

  test('T6: importing the same file twice changes nothing the second time', async () => {
    await using at = await temporaryStore();
    const file = [
      ann(1),
      { access_token: 'opaque', email: 'bob@example.com' },
      { access_token: 'opaque-2', refresh_token: 'r' },
    ];
    at.bring(file);
    const before = at.repository.rows();
    at.time.now += 1_000;
    expect(at.bring(file).counts).toEqual({ ...none, unchanged: 3 });
    expect(at.repository.rows()).toEqual(before);
  });

  test('accounts of one import are listed in the order of their file', async () => {
    await using at = await temporaryStore();
    const names = Array.from({ length: 12 }, (_, number) => `account ${number}`);
    at.bring(names.map((name) => ({ name, access_token: `access ${name}`, refresh_token: `refresh ${name}` })));
    expect(at.repository.list({}).map(({ name }) => name)).toEqual(names);
    expect(at.repository.rows().map(({ name }) => name)).toEqual(names);
  });

  test('an older file does not destroy a newer refresh token', async () => {
    await using at = await temporaryStore();
    at.bring(ann(2));
    const before = at.repository.rows();
    expect(at.bring(ann(1)).items).toEqual([
      {
        source: 'file.json',
        index: 0,
        label: 'ann@example.com',
        outcome: 'stale',
        id: before[0]?.id ?? '',
        reason: 'the stored credential is newer',
      },
    ]);
    expect(at.repository.rows()).toEqual(before);
  });

  test('a preview says the same and writes nothing', async () => {
    await using at = await temporaryStore();
    at.bring(ann(1));
    const before = at.repository.rows();
    const file = [ann(2), { access_token: 'opaque', email: 'bob@example.com' }, 7, ann(1)];
    const preview = at.bring(file, { preview: true });
    expect(at.repository.rows()).toEqual(before);
    const real = at.bring(file);
    expect(preview.counts).toEqual({ ...none, created: 1, updated: 1, rejected: 1, duplicate: 1 });
    expect(preview.items).toEqual(
      real.items.map(({ id, ...item }) => (item.outcome === 'created' || id === undefined ? item : { ...item, id })),
    );
  });

  test('when writing fails nothing of the import is kept', async () => {
    await using at = await temporaryStore();
    at.db.sqlite.run(
      `create trigger refuse before insert on tokens when new.user_id = 'bob@example.com' begin select raise(abort, 'refused'); end`,
    );
    expect(() => at.bring([ann(1), { access_token: 'opaque', email: 'bob@example.com' }])).toThrow('refused');
    expect(at.repository.rows()).toEqual([]);
  });

  test('T9: 1,000 accounts of all formats, with marks, duplicates and broken items: one result each, nothing else lost', async () => {
    await using at = await temporaryStore();
    const token = (n: number) =>
      fakeAccessToken({
        accountId: `ws-${n % 50}`,
        userId: `user-${n}`,
        email: `u${n}@example.com`,
        iat: start / 1000,
      });
    const formats: ((n: number) => unknown)[] = [
      (n) => ({
        auth_mode: 'chatgpt',
        tokens: { access_token: token(n), refresh_token: `r${n}`, account_id: `ws-${n % 50}` },
        last_refresh: '2026-09-01T00:00:00Z',
      }),
      (n) => ({ access_token: token(n), refresh_token: `r${n}`, type: 'codex', expired: '2026-10-01T00:00:00Z' }),
      (n) => ({ tokens: { accessToken: token(n), refreshToken: `r${n}` } }),
      (n) => ({ openai: { type: 'oauth', access: token(n), refresh: `r${n}`, expires: start + 1 } }),
      (n) => ({
        name: `u${n}`,
        credentials: { access_token: token(n), refresh_token: `r${n}`, expires_at: String(start / 1000) },
      }),
    ];
    const lines = Array.from({ length: 1_000 }, (_, n) => {
      const good = JSON.stringify(formats[n % formats.length]?.(n));
      if (n % 100 === 7) return good.slice(0, -3);
      if (n % 100 === 8) return '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-aaaaaaaaaaaa"}';
      return n % 10 === 5 ? `\u200b${good}\u00a0` : good;
    });
    const repeated = lines.slice(0, 5);
    const report = importAccounts(at.store, [
      { name: 'lines.jsonl', text: `\ufeff${lines.join('\r\n')}` },
      { name: 'wrapped.json', text: `{"tokens":[${repeated.join(',\n')}]}` },
    ]);
    expect(report.counts).toEqual({ ...none, created: 980, duplicate: 5, rejected: 20 });
    expect(report.items.map(({ source, index }) => [source, index])).toEqual([
      ...lines.map((_, index) => ['lines.jsonl', index]),
      ...repeated.map((_, index) => ['wrapped.json', index]),
    ]);
    expect(report.items.slice(0, 5).map(({ outcome, id }) => ({ outcome, id }))).toEqual(
      report.items.slice(1_000).map(({ id }) => ({ outcome: 'duplicate', id })),
    );
    const rows = at.repository.rows();
    expect(new Set(rows.map((row) => openCredential(box, row).refreshToken)).size).toBe(980);
    expect(JSON.stringify(report)).not.toMatch(/sk-proj|eyJ/);
  });
});

describe('account repository', () => {
  test('lists by state and search, counts by state, and never shows a sealed column', async () => {
    await using at = await temporaryStore();
    at.bring(
      ['a', 'b', 'c'].map((name) => ({
        name,
        access_token: `t-${name}`,
        email: `${name}@example.com`,
        priority: name === 'c' ? 1 : 0,
      })),
    );
    const idOf = (name: string) => at.repository.list({ search: `${name}@` })[0]?.id ?? '';
    expect(at.repository.setState(idOf('b'), 'disabled', 'operator', start)).toBe(true);
    expect(at.repository.list({}).map(({ name }) => name)[0]).toBe('c');
    expect(at.repository.list({ state: 'disabled' }).map(({ name, stateReason }) => [name, stateReason])).toEqual([
      ['b', 'operator'],
    ]);
    expect(at.repository.list({ limit: 1, offset: 1 })).toHaveLength(1);
    expect(at.repository.countByState()).toEqual({ active: 2, cooling: 0, 'needs-login': 0, disabled: 1 });
    expect(Object.keys(at.repository.list({})[0] ?? {})).not.toContainAnyValues([
      'accessToken',
      'refreshToken',
      'idToken',
      'extra',
      'proxyUrl',
    ]);
  });

  test('changes are seen by caches: updatedAt grows with each, also within one millisecond', async () => {
    await using at = await temporaryStore();
    at.bring(ann(1));
    const id = at.repository.rows()[0]?.id ?? '';
    expect(at.repository.update(id, { name: 'new', priority: 2, maxConcurrency: 3, notes: null }, start)).toBe(true);
    expect(at.repository.setState(id, 'active', null, start - 50)).toBe(true);
    expect(at.repository.get(id)).toMatchObject({ name: 'new', priority: 2, maxConcurrency: 3, updatedAt: start + 2 });
    expect(at.repository.update('acc_none', { name: 'x' }, start)).toBe(false);
    expect(at.repository.setState('acc_none', 'active', null, start)).toBe(false);
  });

  test('deleting an account takes its bindings and readings along and leaves its log rows', async () => {
    await using at = await temporaryStore();
    at.bring(ann(1));
    const id = at.repository.rows()[0]?.id ?? '';
    at.db.sqlite.query('insert into bindings (key, token_id, expires_at) values (?, ?, ?)').run('c:1', id, start);
    at.db.sqlite
      .query(
        `insert into quota_windows (token_id, family, window_seconds, used_percent, source, read_at) values (?, 'codex', 1, 1, 'usage', 1)`,
      )
      .run(id);
    at.db.sqlite
      .query(
        `insert into api_logs (request_id, token_id, endpoint, status_code, duration_ms, created_at) values ('r', ?, '/v1', 200, 1, 1)`,
      )
      .run(id);
    expect(at.repository.remove([id, 'acc_none'])).toBe(1);
    const left = (table: string) =>
      at.db.sqlite.query<{ count: number }, []>(`select count(*) as count from ${table}`).get()?.count;
    expect({ bindings: left('bindings'), windows: left('quota_windows'), logs: left('api_logs') }).toEqual({
      bindings: 0,
      windows: 0,
      logs: 1,
    });
    expect(at.repository.findByIdentity('ws-1', 'user-ann')).toBeUndefined();
  });
});
