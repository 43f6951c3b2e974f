import { expect, test } from 'bun:test';
import { openDatabase } from '../../../../db/client.ts';
import { migrate } from '../../../../db/migrate.ts';
import { createLogRepository, type LogFilter } from '../../../../db/repositories/logs.ts';
import { apiKeys, apiLogs } from '../../../../db/schema/index.ts';

const db = openDatabase(':memory:');
migrate(db);
const key = { id: 'key_a', name: 'laptop', keyHash: 'x', prefix: 'sk-abcde', createdAt: 0, updatedAt: 0 };
db.orm.insert(apiKeys).values(key).run();
const row = {
  endpoint: '/v1/responses',
  durationMs: 1,
  apiKeyId: 'key_a',
  tokenId: 'acc_a',
  model: 'm1',
  statusCode: 200,
};
db.orm
  .insert(apiLogs)
  .values([
    { ...row, requestId: '1', createdAt: 1_000 },
    { ...row, requestId: '2', createdAt: 2_000, statusCode: 429, model: 'm2', servedModel: 'm1' },
    { ...row, requestId: '3', createdAt: 3_000, statusCode: 500, apiKeyId: 'key_gone', tokenId: 'acc_b' },
    { ...row, requestId: '4', createdAt: 4_000, statusCode: 503, model: '%' },
  ])
  .run();

const cases: [string, LogFilter, number, string[]][] = [
  ['no filter: the newest ones, oldest first', {}, 3, ['2', '3', '4']],
  [
    'status ranges: any of them',
    {
      statuses: [
        { from: 429, to: 429 },
        { from: 500, to: 502 },
      ],
    },
    9,
    ['2', '3'],
  ],
  ['a key', { keyId: 'key_gone' }, 9, ['3']],
  ['an account', { tokenId: 'acc_b' }, 9, ['3']],
  ['a model asked for or served', { model: 'm1' }, 9, ['1', '2', '3']],
  ['X7: a wildcard is a literal', { model: '%' }, 9, ['4']],
  ['a time', { since: 3_000 }, 9, ['3', '4']],
  ['rows after one', { afterId: 2 }, 9, ['3', '4']],
  ['all conditions together', { since: 2_000, model: 'm1', keyId: 'key_a' }, 9, ['2']],
];
test.each(cases)('log rows by %s', (_, filter, limit, expected) => {
  expect(
    createLogRepository(db)
      .list(filter, limit)
      .map(({ requestId }) => requestId),
  ).toEqual(expected);
});

test('rows carry the names that still exist', () => {
  const names = createLogRepository(db)
    .list({}, 9)
    .map(({ keyName, tokenName }) => [keyName, tokenName]);
  expect(names).toEqual([
    ['laptop', null],
    ['laptop', null],
    [null, null],
    ['laptop', null],
  ]);
});
