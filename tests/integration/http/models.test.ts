import { expect, test } from 'bun:test';
import { ask, askedAccounts, handClock, read, untilProbed, wholeChat } from '../../support/gateway-faults.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

interface Listed {
  object: string;
  data: { id: string; object: string; created: number; owned_by: string }[];
}

const hourMs = 3_600_000;

async function listedIds(gateway: TestGateway, key: string | null = null): Promise<string[]> {
  const response = await gateway.get('/v1/models', { key });
  expect(response.status).toBe(200);
  return ((await response.json()) as Listed).data.map(({ id }) => id);
}

/** Two accounts, each with a model that only it has. */
const twoPlans = [
  { models: ['gpt-5.5', 'only-first'] },
  { models: ['gpt-5.5', 'only-second', 'gpt-daybreak-red-latest'] },
];

test('S11: the list is the union of what the accounts report, without what they hide', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans }));
  const body = (await (await gateway.get('/v1/models', { key: null })).json()) as Listed;
  expect(body.object).toBe('list');
  const ids = body.data.map(({ id }) => id);
  expect(ids).toContain('gpt-5.5');
  expect(ids).toContain('only-first');
  expect(ids).toContain('only-second');
  expect(ids).not.toContain('gpt-daybreak-red-latest');
  expect(new Set(ids).size).toBe(ids.length);
  for (const model of body.data)
    expect(model).toMatchObject({ object: 'model', created: expect.any(Number), owned_by: expect.any(String) });
});

test('S11: a key sees the models it may use and no others, in every form of the list', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans }));
  const key = gateway.createKey({ allowedModels: ['gpt-5.5', 'only-second'] });
  expect((await listedIds(gateway, key)).toSorted()).toEqual(['gpt-5.5', 'only-second']);
  expect((await gateway.get('/v1/models/only-second', { key })).status).toBe(200);
  expect(await read(await gateway.get('/v1/models/only-first', { key }))).toMatchObject({
    status: 404,
    error: { code: 'model_not_found' },
  });
  const codex = (await (await gateway.get('/v1/models?client_version=0.169.0', { key })).json()) as {
    models: { slug: string }[];
  };
  expect(codex.models.map(({ slug }) => slug).toSorted()).toEqual(['gpt-5.5', 'only-second']);
});

test('S11: one model is told by its id; an unknown one is a 404 that names it', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans }));
  expect(await (await gateway.get('/v1/models/only-first', { key: null })).json()).toMatchObject({
    id: 'only-first',
    object: 'model',
  });
  const got = await read(await gateway.get('/v1/models/no%20such%2Fmodel', { key: null }));
  expect(got).toMatchObject({ status: 404, error: { code: 'model_not_found', param: 'model' } });
  expect(got.error?.['message']).toContain('no such/model');
});

test('S11: when the fetch fails the last good list stays, also through a restart', async () => {
  const clock = handClock();
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans, clock }));
  const before = await listedIds(gateway);
  const fetches = () =>
    gateway.simulator.requests.filter(({ endpoint, status }) => endpoint === 'models' && status !== 0);
  const failures = [
    { kind: 'fixed', status: 500, body: { detail: 'no' } },
    { kind: 'fixed', status: 200, body: { models: [] } },
    { kind: 'fixed', status: 200, body: '<html>Sign in</html>' },
    { kind: 'fixed', status: 200, body: { models: 'none' } },
    { kind: 'reset' },
  ] as const;
  for (const reply of failures) {
    gateway.simulator.clearScripts();
    gateway.simulator.script({ endpoint: 'models', reply, times: Number.POSITIVE_INFINITY });
    const seen = fetches().length;
    clock.advance(7 * hourMs);
    await gateway.app.maintenance.run();
    expect(fetches().length - seen).toBeGreaterThanOrEqual(reply.kind === 'reset' ? 0 : 2);
    expect(await listedIds(gateway)).toEqual(before);
  }
  await gateway.restart();
  expect(await listedIds(gateway)).toEqual(before);
});

test('S11: an account that does not have the model is not asked for it', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans }));
  const [first, second] = gateway.accounts;
  for (let turn = 0; turn < 3; turn += 1) {
    for (const model of ['only-first', 'only-second']) {
      expect((await ask(gateway, wholeChat, `${model} ${turn}`, { body: { model } })).status).toBe(200);
    }
  }
  const pair = [first?.name, second?.name];
  expect(askedAccounts(gateway)).toEqual([...pair, ...pair, ...pair]);
});

test('S11: with client_version the list has the Codex shape, and an entity tag saves sending it again', async () => {
  await using gateway = await untilProbed(await startGateway({ accounts: twoPlans }));
  const path = '/v1/models?client_version=0.169.0';
  const first = await gateway.get(path);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^(W\/)?".+"$/);
  const { models } = (await first.json()) as { models: Record<string, unknown>[] };
  // Verbatim and with the hidden ones: such clients read every field, and hide them themselves.
  expect(models.map(({ slug }) => slug).toSorted()).toEqual([
    'gpt-5.5',
    'gpt-daybreak-red-latest',
    'only-first',
    'only-second',
  ]);
  expect(models[0]).toMatchObject({ base_instructions: expect.any(String), shell_type: expect.any(String) });

  const again = await gateway.get(path, { headers: { 'if-none-match': etag } });
  expect({ status: again.status, etag: again.headers.get('etag'), body: await again.text() }).toEqual({
    status: 304,
    etag,
    body: '',
  });
  expect(again.headers.get('x-request-id')).toMatch(/^req_/);
  expect((await gateway.get(path, { headers: { 'if-none-match': '"another"' } })).status).toBe(200);
});

test('S11: the list is public by default, but a wrong key is refused; MODELS_PUBLIC=false closes it', async () => {
  await using open = await startGateway();
  await using closed = await startGateway({ env: { MODELS_PUBLIC: 'false' } });
  for (const path of ['/v1/models', '/v1/models/gpt-5.5', '/v1/models?client_version=0.169.0']) {
    const statuses = async (gateway: TestGateway) => [
      (await gateway.get(path, { key: null })).status,
      (await gateway.get(path, { key: 'sk-wrong' })).status,
      (await gateway.get(path)).status,
    ];
    expect({ path, open: await statuses(open), closed: await statuses(closed) }).toEqual({
      path,
      open: [200, 401, 200],
      closed: [401, 401, 200],
    });
  }
});
