import { expect, setDefaultTimeout, test } from 'bun:test';
import { dirname } from 'node:path';
import { createKeyRepository } from '../../../db/repositories/keys.ts';
import { hashKey, visiblePrefix } from '../../../server/keys/key.ts';
import { ask, askedAccounts, read, wholeChat } from '../../support/gateway-faults.ts';
import { runCommand } from '../../support/gateway-process.ts';
import { exchange, requestText, statusesIn } from '../../support/raw-http.ts';
import { contentsOf, startServing } from '../../support/serving-process.ts';
import { startGateway } from '../../support/start-gateway.ts';

// Processes are started one after the other, on a machine that may be busy.
setDefaultTimeout(20_000);

/** Presented keys that are none; each holds the word `canary`, by which it would be found again. */
const hostile = {
  quotes: `sk-canary' or '1'='1`,
  'a statement': `sk-canary"; drop table api_keys; --`,
  wildcards: 'sk-canary%_*',
  'a null byte': 'sk-canary\0null',
  unicode: Buffer.from('sk-canary-ключ-鍵-😀').toString('latin1'),
  'control characters': 'sk-canary\x01\x1b[31m\x7f',
  'invalid UTF-8': 'sk-canary\xff\xfe\xc0',
  '10 KB': `sk-canary${'a'.repeat(10_000)}`,
  '1 MB': `sk-canary${'a'.repeat(1_000_000)}`,
  'a name of the object prototype': 'canary__proto__',
};

test('X1: hostile bearer strings are refused, and nothing of them reaches the log, the answer or the database', async () => {
  await using serving = await startServing({ LOG_LEVEL: 'trace' });
  const { origin, key } = serving;
  for (const [name, bearer] of Object.entries(hostile)) {
    for (const header of [{ Authorization: `Bearer ${bearer}` }, { 'x-api-key': bearer }]) {
      const { received } = await exchange(origin, requestText('GET', '/v1/responses/resp_1', header), (text) =>
        text.includes('}}'),
      );
      // What is no header in HTTP, or more than the runtime takes, is refused before anybody reads it.
      const refusal =
        ({ 'a null byte': 400, 'control characters': 400, '1 MB': 431 } as Record<string, number>)[name] ?? 401;
      expect({ name, statuses: statusesIn(received) }).toEqual({ name, statuses: [refusal] });
      expect(received).not.toContain('canary');
    }
  }
  // The gateway is unharmed, and the table is there.
  expect((await serving.ask({ messages: [{ role: 'user', content: 'hi' }] })).status).toBe(200);

  serving.child.kill('SIGTERM');
  await serving.child.exited;
  expect(await serving.errorText()).not.toContain('canary');
  for (const bytes of Object.values(await contentsOf(dirname(serving.cli.databasePath)))) {
    expect(bytes.includes('canary')).toBe(false);
    expect(bytes.includes(key.slice(8))).toBe(false);
  }
});

test('X1: nothing but the whole key opens the gateway', async () => {
  await using gateway = await startGateway();
  const { key } = gateway;
  const almost = [
    key.slice(0, 8),
    key.slice(0, -1),
    `${key}a`,
    key.toLowerCase(),
    key.toUpperCase(),
    `${key}, ${key}`,
    hashKey(key),
    key.slice(3),
  ];
  for (const presented of almost) {
    const got = await read(await gateway.post('/v1/chat/completions', {}, { key: presented }));
    expect(got).toMatchObject({ status: 401, error: { code: 'invalid_api_key', type: 'invalid_request_error' } });
  }
  const strange = [
    { authorization: `Basic ${key}` },
    { authorization: 'Bearer' },
    { authorization: key },
    { 'x-api-key': '' },
    { cookie: `key=${key}` },
  ];
  for (const headers of strange) {
    expect((await fetch(`${gateway.baseUrl}/responses/resp_1`, { headers })).status).toBe(401);
  }
  expect((await fetch(`${gateway.baseUrl}/responses/resp_1?api_key=${key}&key=${key}`)).status).toBe(401);
  expect(askedAccounts(gateway)).toEqual([]);
});

test.each([
  ['authorization', (key: string) => ({ authorization: `Bearer ${key}` })],
  ['authorization in other letters and with more blanks', (key: string) => ({ authorization: `bEARER   ${key}  ` })],
  ['x-api-key', (key: string) => ({ 'x-api-key': key })],
  [
    'x-api-key beside an authorization of another kind',
    (key: string) => ({ 'x-api-key': key, authorization: 'Basic eDp5' }),
  ],
])('a key is taken from %s', async (_, headersOf) => {
  await using gateway = await startGateway();
  const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] };
  const response = await fetch(`${gateway.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(gateway.key) },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
});

test('X2: keys with a common beginning are told apart, whichever of them was used before', async () => {
  await using gateway = await startGateway();
  const twin = `${gateway.key.slice(0, -1)}${gateway.key.endsWith('a') ? 'b' : 'a'}`;
  const keys = createKeyRepository(gateway.db);
  const status = async (key: string) => (await gateway.get('/v1/responses/resp_1', { key })).status;

  expect([await status(gateway.key), await status(twin)]).toEqual([404, 401]);
  const row = {
    id: 'key_twin',
    name: 'twin',
    keyHash: hashKey(twin),
    prefix: visiblePrefix(twin),
    expiresAt: null,
    allowedModels: null,
    createdAt: 1,
  };
  keys.insert(row);
  await until(async () => (await status(twin)) === 404);
  keys.setActive('key_twin', false, 2);
  await until(async () => (await status(twin)) === 401);
  expect(await status(gateway.key)).toBe(404);
});

test('X2: a key that another process revokes is refused within a second', async () => {
  await using gateway = await startGateway();
  const { key } = gateway;
  expect((await gateway.get('/v1/responses/resp_1')).status).toBe(404);
  const other = gateway.createKey({ name: 'other' });

  expect(await runCommand(gateway.db, ['keys', 'disable', 'test'])).toMatchObject({ exitCode: 0 });
  const since = performance.now();
  await until(async () => (await gateway.get('/v1/responses/resp_1', { key })).status === 401);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect((await gateway.get('/v1/responses/resp_1', { key: other })).status).toBe(404);
});

test('X13: without any client key the gateway is closed and says how to make one; with one it is open to that one', async () => {
  await using gateway = await startGateway();
  gateway.db.sqlite.run('delete from api_keys');
  const stranger = (key: string | null) => gateway.get('/v1/responses/resp_1', { key });
  for (const key of [null, '', 'sk-anything']) {
    const got = await read(await stranger(key));
    expect(got).toMatchObject({ status: 401, error: { code: 'no_client_keys' } });
    expect(got.error?.['message']).toContain('keys create');
  }
  expect(
    (await gateway.post('/v1/chat/completions', { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] }))
      .status,
  ).toBe(401);

  const { stdout } = await runCommand(gateway.db, ['keys', 'create', '--name', 'first', '--json']);
  const { key } = JSON.parse(stdout) as { key: string };
  await until(async () => (await stranger(key)).status === 404);
  for (const wrong of [null, 'sk-anything']) {
    await until(async () => (await read(await stranger(wrong))).error?.['code'] === 'invalid_api_key');
  }
  expect(askedAccounts(gateway)).toEqual([]);
});

test('an expired key is refused with a message of its own and the code clients know', async () => {
  await using gateway = await startGateway();
  const key = gateway.createKey({ name: 'old', expiresAt: Date.now() - 1 });
  const got = await read(await gateway.get('/v1/responses/resp_1', { key }));
  expect(got).toMatchObject({ status: 401, error: { code: 'invalid_api_key' } });
  expect(got.error?.['message']).toContain('expired');
});

test('a key with a list of models may use those and no others, on no endpoint', async () => {
  await using gateway = await startGateway();
  const key = gateway.createKey({ allowedModels: ['gpt-5.5'] });
  for (const [path, body] of [
    ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
    ['/v1/responses', { input: 'hi' }],
  ] as const) {
    expect((await gateway.post(path, { model: 'gpt-5.5', ...body }, { key })).status).toBe(200);
    const got = await read(await gateway.post(path, { model: 'gpt-5.6-sol', ...body }, { key }));
    expect(got).toMatchObject({ status: 403, error: { code: 'model_not_allowed', param: 'model' } });
  }
  const compact = await read(
    await gateway.post('/v1/responses/compact', { model: 'gpt-5.6-sol', input: 'hi' }, { key }),
  );
  expect(compact.status).toBe(403);
  expect((await ask(gateway, wholeChat, 'hi', { body: { model: 'gpt-5.6-sol' } })).status).toBe(200);
  expect(askedAccounts(gateway)).toHaveLength(3);
});

/** Asks again until it is so; at most five seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come to that.');
    await Bun.sleep(20);
  }
}
