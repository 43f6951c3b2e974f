import { expect, test } from 'bun:test';
import {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { errorOf } from '../support/error-of.ts';
import { modelCalls } from '../support/model-calls.ts';
import { openaiClient } from '../support/openai-client.ts';
import { startGateway } from '../support/start-gateway.ts';

const model = 'gpt-5.5';
const asked = (content: string) => ({ model, messages: [{ role: 'user' as const, content }] });

test('models are listed and read one by one', async () => {
  await using gateway = await startGateway();
  const { models } = openaiClient(gateway);
  const list = await Array.fromAsync(models.list());
  expect(list.map(({ id }) => id)).toContain(model);
  expect(await models.retrieve(model)).toEqual(list.find(({ id }) => id === model) ?? expect.unreachable());
});

test('an unknown model is a NotFoundError that names it', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway);
  const wanted = { status: 404, code: 'model_not_found', message: expect.stringContaining('no-such-model') };
  const read = await errorOf(client.models.retrieve('no-such-model'));
  expect(read).toBeInstanceOf(NotFoundError);
  expect(read).toMatchObject(wanted);
  const chat = await errorOf(client.chat.completions.create({ ...asked('Hello'), model: 'no-such-model' }));
  expect(chat).toBeInstanceOf(NotFoundError);
  expect(chat).toMatchObject(wanted);
});

test('a wrong key is an AuthenticationError, and the upstream is not called', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway, { apiKey: 'sk-wrong' });
  const error = await errorOf(client.chat.completions.create(asked('Hello')));
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', requestID: expect.stringMatching(/^req_/) });
  expect(modelCalls(gateway.simulator)).toEqual([]);
});

test('a model outside the key’s list is a PermissionDeniedError', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway, { apiKey: gateway.createKey({ allowedModels: ['gpt-6-sol'] }) });
  expect(await errorOf(client.chat.completions.create(asked('Hello')))).toBeInstanceOf(PermissionDeniedError);
  expect((await Array.fromAsync(client.models.list())).map(({ id }) => id)).toEqual(['gpt-6-sol']);
});

test('F6: a mistake in the request is a BadRequestError that names the parameter, streamed and whole', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway);
  for (const stream of [true, false]) {
    const error = await errorOf(client.chat.completions.create({ ...asked('Hello'), n: 2, stream }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param: 'n', type: 'invalid_request_error' });
  }
  const chosen = client.responses.create({ model, input: 'Hello', background: true });
  expect(await errorOf(chosen)).toMatchObject({ status: 400, param: 'background' });
  expect(modelCalls(gateway.simulator)).toEqual([]);
});

test('F6: a refusal of the upstream for the request’s own sake comes through with its code', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const error = await errorOf(
    openaiClient(gateway, { maxRetries: 2 }).chat.completions.create(asked('[[sim:fault context]]')),
  );
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ code: 'context_length_exceeded' });
  expect(modelCalls(gateway.simulator)).toHaveLength(1);
});

test('F13: the client waits out a short limit as Retry-After says, and then succeeds', async () => {
  await using gateway = await startGateway();
  gateway.simulator.script({ reply: 'burst' });
  const answer = await openaiClient(gateway, { maxRetries: 1 }).chat.completions.create(asked('Hello'));
  expect(answer.choices[0]?.finish_reason).toBe('stop');
  const [limited, answered, ...more] = gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses');
  expect(more).toEqual([]);
  // "Please try again in 1.2s": the client's own back-off would come back after half a second.
  expect((answered?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThan(1_200);
});

test('F5: a spent pool is a RateLimitError with the seconds to wait', async () => {
  await using gateway = await startGateway();
  gateway.simulator.script({ reply: '429' });
  const error = await errorOf(openaiClient(gateway).chat.completions.create(asked('Hello')));
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
  const seconds = Number((error as RateLimitError).headers?.get('retry-after'));
  expect(seconds).toBeGreaterThan(3_500);
  expect(seconds).toBeLessThanOrEqual(3_601);
});

test('a gateway without accounts is an InternalServerError that says what to do', async () => {
  await using gateway = await startGateway({ accounts: 0 });
  const error = await errorOf(openaiClient(gateway).chat.completions.create(asked('Hello')));
  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 503, code: 'no_accounts', message: expect.stringContaining('tokens import') });
});

test('F8: a failure after the first words ends the iteration with an APIError', async () => {
  await using gateway = await startGateway();
  const stream = await openaiClient(gateway).chat.completions.create({
    ...asked('[[sim:fault late-overloaded]]'),
    stream: true,
  });
  let text = '';
  const error = await errorOf(
    (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    })(),
  );
  expect(text).toStartWith('Hello');
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ code: 'server_is_overloaded' });
  expect(modelCalls(gateway.simulator)).toHaveLength(1);
});

test('F8: over responses such a failure is the answer’s end, told in its status', async () => {
  await using gateway = await startGateway();
  const stream = openaiClient(gateway).responses.stream({ model, input: '[[sim:fault late-overloaded]]' });
  const types: string[] = [];
  stream.on('event', ({ type }) => types.push(type));
  expect(await stream.finalResponse()).toMatchObject({ status: 'failed', error: { code: 'server_is_overloaded' } });
  expect(types).toContain('response.output_text.delta');
  expect(types.at(-1)).toBe('response.failed');
});

test('an abort in the middle of a stream ends the upstream call', async () => {
  await using gateway = await startGateway();
  const { simulator } = gateway;
  const stream = await openaiClient(gateway).chat.completions.create({
    ...asked('[[sim:pace 10000 5]]'),
    stream: true,
  });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await simulator.waitFor(() => simulator.openConnections === 0, 'the end of the upstream call');
  expect(simulator.requests.find(({ endpoint }) => endpoint === 'responses')?.aborted).toBe(true);
});

test('an abort before the first byte ends the upstream call', async () => {
  await using gateway = await startGateway();
  const { simulator } = gateway;
  const leaving = new AbortController();
  const call = errorOf(
    openaiClient(gateway).chat.completions.create(asked('[[sim:fault silence]]'), { signal: leaving.signal }),
  );
  await simulator.waitFor(() => simulator.openConnections === 1, 'the upstream call');
  leaving.abort();
  expect(await call).toBeInstanceOf(APIUserAbortError);
  await simulator.waitFor(() => simulator.openConnections === 0, 'the end of the upstream call');
});
