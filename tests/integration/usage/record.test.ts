import { expect, test } from 'bun:test';
import type { Db } from '../../../db/client.ts';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { ask, chat, expectAtRest, handClock, read, readerOf, untilProbed, ways } from '../../support/gateway-faults.ts';
import { createDeployment } from '../../support/gateway-process.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const columns = [
  'requests',
  'failures',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_micros',
  'duration_ms',
];

/** Totals per span, key, account and model, as the totals table has them. */
function totalsOf(db: Db, table: 'usage_hourly' | 'usage_daily'): unknown[] {
  const names = ['starts_at', 'api_key_id', 'token_id', 'model', ...columns].join(', ');
  return db.sqlite.query(`select ${names} from ${table} order by starts_at, api_key_id, token_id, model`).all();
}

/** The same sums, made from the log rows. */
function sumsOf(db: Db, spanMs: number): unknown[] {
  const failed = "(error_code is not null and error_code != 'client_closed')";
  const sums = columns.slice(2).map((name) => `coalesce(sum(${name}), 0) as ${name}`);
  return db.sqlite
    .query(
      `select created_at / ${spanMs} * ${spanMs} as starts_at, coalesce(api_key_id, '') as api_key_id, coalesce(token_id, '') as token_id,
         coalesce(model, '') as model, count(*) as requests, sum(${failed}) as failures, ${sums.join(', ')}
         from api_logs group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    )
    .all();
}

/** Requests of all kinds and ends, spread over models, keys and accounts. */
async function mixedWork(gateway: TestGateway): Promise<number> {
  const other = gateway.createKey({ name: 'other' });
  const texts = [
    'hi',
    '[[sim:fault 400]]',
    '[[sim:fault overloaded]]',
    '[[sim:fault late-overloaded]]',
    '[[sim:text 30]]',
  ];
  let count = 0;
  for (const text of texts) {
    for (const way of ways) {
      const headers = count % 3 === 0 ? { authorization: `Bearer ${other}` } : {};
      const body = count % 2 ? { model: 'gpt-5.2' } : {};
      await read(await ask(gateway, way, text, { headers, body }));
      count += 1;
    }
  }
  const reader = readerOf(await ask(gateway, chat, '[[sim:pace 1000 5]]'));
  await reader.until((raw) => raw.includes('word2'));
  await reader.leave();
  await expectAtRest(gateway);
  return count + 1;
}

test('hourly and daily totals are the sums of the log rows, whatever became of the requests', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: 3, clock, env: { MAX_ATTEMPTS: '2' } }));
  let count = await mixedWork(gateway);
  clock.advance(hourMs);
  count += await mixedWork(gateway);
  clock.advance(dayMs);
  count += await mixedWork(gateway);

  expect(await gateway.logs()).toHaveLength(count);
  expect(totalsOf(gateway.db, 'usage_hourly')).toEqual(sumsOf(gateway.db, hourMs));
  expect(totalsOf(gateway.db, 'usage_daily')).toEqual(sumsOf(gateway.db, dayMs));
  const used = gateway.db.sqlite.query<{ count: number }, []>('select sum(usage_count) as count from api_keys').get();
  expect(used?.count).toBe(count);
});

test('trimming old log rows keeps the totals, the counters and the rows that are young enough', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: 2, clock, env: { LOG_RETENTION_DAYS: '2' } }));
  for (const way of ways) await read(await ask(gateway, way, 'old'));
  await gateway.logs();
  clock.advance(3 * dayMs);
  for (const way of ways.slice(0, 2)) await read(await ask(gateway, way, 'young'));
  const rows = await gateway.logs();
  const [hourly, daily] = [totalsOf(gateway.db, 'usage_hourly'), totalsOf(gateway.db, 'usage_daily')];
  const accounts = gateway.accounts.map((account) => gateway.account(account)['success_requests']);

  await gateway.app.maintenance.run();

  expect(await gateway.logs()).toEqual(rows.slice(4));
  expect(totalsOf(gateway.db, 'usage_hourly')).toEqual(hourly);
  expect(totalsOf(gateway.db, 'usage_daily')).toEqual(daily);
  expect(gateway.accounts.map((account) => gateway.account(account)['success_requests'])).toEqual(accounts);
});

test('with a retention of 0 days no row is ever trimmed', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ clock, env: { LOG_RETENTION_DAYS: '0' } }));
  await read(await ask(gateway, chat, 'old'));
  await gateway.logs();
  clock.advance(1_000 * dayMs);
  await gateway.app.maintenance.run();
  expect(await gateway.logs()).toHaveLength(1);
});

test('R9: kill -9 one second after requests ended loses none of their records', async () => {
  await using simulator = startSimulator();
  await using deployment = await createDeployment(simulator);
  deployment.import(simulator.addAccount());
  const gateway = await deployment.start();
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => gateway.ask(`request ${index}`)));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  const ids = answers.map((answer) => answer.headers.get('x-request-id'));

  // The promise is about this second: it is the subject, not a wait for something.
  await Bun.sleep(1_000);
  await gateway.kill();

  const rows = deployment.db.sqlite
    .query<{ id: string; tokens: number | null }, []>('select request_id as id, input_tokens as tokens from api_logs')
    .all();
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(ids.map(String)));
  expect(rows).toHaveLength(40);
  expect(rows.every(({ tokens }) => tokens !== null && tokens > 0)).toBe(true);
  expect(totalsOf(deployment.db, 'usage_hourly')).toEqual(sumsOf(deployment.db, hourMs));
  expect(deployment.db.sqlite.query('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
});
