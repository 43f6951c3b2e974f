import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { createAccountRepository } from '../../../db/repositories/accounts.ts';
import { exportAccounts } from '../../../server/accounts/export.ts';
import { type AccountStore, importAccounts } from '../../../server/accounts/import/import.ts';
import { parseAccounts } from '../../../server/accounts/import/parse.ts';
import { openCredential, openExtra, openProxyUrl } from '../../../server/accounts/sealed-columns.ts';
import { createSecretBox } from '../../../server/core/secret-box.ts';
import { fakeAccessToken } from '../../support/tokens.ts';

const box = createSecretBox(new Uint8Array(32).fill(5));
const clock = { now: () => Date.UTC(2026, 8, 1) };

function emptyStore(): AccountStore {
  const db = openDatabase(':memory:');
  migrate(db);
  return { db, box, clock };
}

/** Everything of an account that is not of the moment or of one database. */
function accountsIn(store: AccountStore) {
  const rows = createAccountRepository(store.db).rows();
  return rows
    .map((row) => {
      const {
        name,
        email,
        accountId,
        userId,
        plan,
        lastRefreshAt,
        state,
        stateReason,
        priority,
        maxConcurrency,
        notes,
        totalRequests,
        successRequests,
        failedRequests,
        lastUsedAt,
        createdAt,
      } = row;
      const opened = {
        credential: openCredential(box, row),
        extra: openExtra(box, row),
        proxyUrl: openProxyUrl(box, row),
      };
      return {
        name,
        email,
        accountId,
        userId,
        plan,
        lastRefreshAt,
        state,
        stateReason,
        priority,
        maxConcurrency,
        notes,
        totalRequests,
        successRequests,
        failedRequests,
        lastUsedAt,
        createdAt,
        ...opened,
      };
    })
    .sort((a, b) => (JSON.stringify([a.accountId, a.userId]) < JSON.stringify([b.accountId, b.userId]) ? -1 : 1));
}

const headerText = fc.stringMatching(/^[!-~]{1,12}$/).filter((text) => !text.startsWith('sk-'));
const word = fc.string({ minLength: 1, maxLength: 8 });
const time = fc.integer({ min: 1_000_000_000, max: 4_000_000_000 });
const accessToken = fc.oneof(
  headerText,
  fc
    .record({ accountId: word, userId: word, email: word, plan: word, exp: time, iat: time }, { requiredKeys: [] })
    .map((facts) =>
      fakeAccessToken(Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))),
    ),
);
const unknownFields = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,4}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 });
const timeForms = fc.oneof(
  time,
  time.map((seconds) => seconds * 1000),
  time.map(String),
  time.map((seconds) => new Date(seconds * 1000).toISOString()),
  fc.constant('soon'),
);
const settings = fc.record(
  {
    name: word,
    email: word,
    plan: word,
    expired: timeForms,
    last_refresh: timeForms,
    priority: fc.integer(),
    notes: word,
    is_active: fc.boolean(),
    proxy_url: fc.constant('socks5://u:p@h:1'),
  },
  { requiredKeys: [] },
);
const tokenFields = fc.record(
  { access_token: accessToken, refresh_token: headerText, id_token: accessToken, account_id: headerText },
  { requiredKeys: ['access_token'] },
);
const record = fc.oneof(
  fc.tuple(tokenFields, settings, unknownFields).map(([own, more, unknown]) => ({ ...unknown, ...more, ...own })),
  fc
    .tuple(tokenFields, settings, unknownFields, unknownFields)
    .map(([own, more, unknown, inner]) => ({ ...unknown, ...more, tokens: { ...inner, ...own } })),
  fc
    .tuple(tokenFields, settings, unknownFields, unknownFields)
    .map(([own, more, unknown, inner]) => ({ ...unknown, ...more, credentials: { ...inner, ...own } })),
);
const counters = fc.record({
  total: fc.nat(),
  success: fc.nat(),
  failed: fc.nat(),
  cap: fc.option(fc.integer({ min: 1, max: 99 })),
  state: fc.constantFrom('active', 'needs-login', 'disabled'),
});

describe('T8: export, then import', () => {
  test('gives the same accounts, and the same export again', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 6 }),
        counters,
        (records, { total, success, failed, cap, state }) => {
          const first = emptyStore();
          const second = emptyStore();
          importAccounts(first, [{ name: 'a', text: JSON.stringify(records) }]);
          first.db.sqlite
            .query(
              'update tokens set total_requests = ?, success_requests = ?, failed_requests = ?, last_used_at = 1700000000123, max_concurrency = ?, state = ?, state_reason = ?, created_at = 1600000000456',
            )
            .run(total, success, failed, cap, state, state === 'active' ? null : 'why');
          const exported = exportAccounts(first);
          const report = importAccounts(second, [{ name: 'b', text: JSON.stringify(exported, null, 2) }]);
          expect(report.counts).toEqual({
            created: exported.length,
            updated: 0,
            unchanged: 0,
            duplicate: 0,
            stale: 0,
            rejected: 0,
          });
          expect(accountsIn(second)).toEqual(accountsIn(first));
          const byText = (values: unknown[]) => values.map((value) => JSON.stringify(value)).sort();
          expect(byText(exportAccounts(second))).toEqual(byText(exported));
          first.db.close();
          second.db.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('importing an export into the database it came from changes nothing', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), (records) => {
        const store = emptyStore();
        importAccounts(store, [{ name: 'a', text: JSON.stringify(records) }]);
        const before = createAccountRepository(store.db).rows();
        const report = importAccounts(store, [{ name: 'b', text: JSON.stringify(exportAccounts(store)) }]);
        expect(report.counts).toEqual({
          created: 0,
          updated: 0,
          unchanged: before.length,
          duplicate: 0,
          stale: 0,
          rejected: 0,
        });
        expect(createAccountRepository(store.db).rows()).toEqual(before);
        store.db.close();
      }),
      { numRuns: 30 },
    );
  });
});

describe('T9: reading accounts', () => {
  test('never throws, numbers its items from 0, and tells no token', () => {
    const secret = 'S3CRETS3CRETS3CRET';
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\n',
      '\ufeff',
      '\u00a0',
      '\\',
      'null',
      '{"access_token":',
      `"${secret}"`,
      `"tokens":`,
      '{"tokens":[',
      '{"a":1}',
      secret,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 40 }), (parts) => {
        const items = parseAccounts(parts.join(''));
        expect(items.map(({ index }) => index)).toEqual(items.map((_, index) => index));
        for (const item of items)
          expect(item.outcome === 'rejected' ? `${item.label} ${item.reason}` : item.label).not.toContain(secret);
      }),
    );
  });

  test('good lines survive whatever stands between them', () => {
    const broken = fc.string({ maxLength: 30 }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(fc.tuple(broken, fc.uuid()), { maxLength: 8 }), (lines) => {
        const text = lines.map(([noise, id]) => `${noise}\n{"access_token":"${id}"}`).join('\n');
        const read = parseAccounts(text).flatMap((item) =>
          item.outcome === 'draft' ? [item.draft.credential.accessToken] : [],
        );
        expect(read.filter((token) => lines.some(([, id]) => id === token))).toEqual(lines.map(([, id]) => id));
      }),
    );
  });
});
