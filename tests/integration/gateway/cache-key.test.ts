import { expect, test } from 'bun:test';
import { modelCalls } from '../../support/model-calls.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const model = 'gpt-5.5';
const opening = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'One' },
];
const continued = [...opening, { role: 'assistant', content: 'Hello.' }, { role: 'user', content: 'Two' }];

/** Asks and gives the account that answered, its cache key and the session it was told. */
async function call(gateway: TestGateway, path: string, body: object, key = gateway.key) {
  const response = await gateway.post(path, { model, ...body }, { key });
  const answer = (await response.json()) as { id: string };
  expect(response.status).toBe(200);
  const request = gateway.simulator.requests.findLast(({ endpoint }) => endpoint === 'responses');
  return {
    id: answer.id,
    account: request?.account,
    session: request?.headers['session-id'],
    cacheKey: modelCalls(gateway.simulator).at(-1)?.['prompt_cache_key'],
  };
}

test('A5: a conversation keeps cache key, session and account between turns, over chat and over responses', async () => {
  await using gateway = await startGateway({ accounts: 4 });
  const first = await call(gateway, '/v1/chat/completions', { messages: opening });
  expect(first.cacheKey).toBeString();
  const [system, ...others] = continued;
  const turns = [
    await call(gateway, '/v1/chat/completions', { messages: continued }),
    await call(gateway, '/v1/responses', { input: continued }),
    await call(gateway, '/v1/responses', { instructions: system?.content, input: others }),
  ];
  for (const { cacheKey, session, account } of turns) {
    expect({ cacheKey, session, account }).toEqual({
      cacheKey: first.cacheKey,
      session: first.session,
      account: first.account,
    });
  }
});

test('A5: a conversation continued by previous_response_id keeps its cache key', async () => {
  await using gateway = await startGateway();
  const first = await call(gateway, '/v1/responses', { instructions: 'Be brief.', input: 'One' });
  const second = await call(gateway, '/v1/responses', {
    instructions: 'Be brief.',
    input: 'Two',
    previous_response_id: first.id,
  });
  expect(second.cacheKey).toBe(first.cacheKey);
});

test('A5: cache keys differ between threads and between client keys', async () => {
  await using gateway = await startGateway();
  const calls = [
    await call(gateway, '/v1/chat/completions', { messages: opening }),
    await call(gateway, '/v1/chat/completions', { messages: [opening[0], { role: 'user', content: 'Another' }] }),
    await call(gateway, '/v1/chat/completions', { messages: [{ role: 'system', content: 'Be long.' }, opening[1]] }),
    await call(gateway, '/v1/chat/completions', { messages: opening }, gateway.createKey()),
    await call(gateway, '/v1/responses', { input: opening }, gateway.createKey()),
  ];
  expect(new Set(calls.map(({ cacheKey }) => cacheKey)).size).toBe(calls.length);
});

test('A5: a cache key that the client names is used as it is', async () => {
  await using gateway = await startGateway();
  for (const [path, body] of [
    ['/v1/chat/completions', { messages: opening }],
    ['/v1/responses', { input: 'One' }],
  ] as const) {
    expect((await call(gateway, path, { ...body, prompt_cache_key: 'thread-1' })).cacheKey).toBe('thread-1');
  }
});
