import { expect, test } from 'bun:test';
import { NotFoundError } from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { errorOf } from '../support/error-of.ts';
import { inputOutline, lastModelCall } from '../support/model-calls.ts';
import { openaiClient } from '../support/openai-client.ts';
import { startGateway } from '../support/start-gateway.ts';

const model = 'gpt-5.5';
const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
const weather = zodResponsesFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) });
const callOslo = '[[sim:tool get_weather {"city":"Oslo"}]]';

test('S8: an answer to a text is given whole, although the upstream ends with an empty output', async () => {
  await using gateway = await startGateway();
  const answer = await openaiClient(gateway).responses.create({ model, instructions: 'Be kind.', input: 'Hello' });
  expect(answer).toMatchObject({ object: 'response', status: 'completed', model, store: true, output_text: greeting });
  expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  expect(lastModelCall(gateway.simulator)).toMatchObject({ instructions: 'Be kind.', store: false, stream: true });
});

test('a streamed answer tells the events of the public API only, in order, and ends completed', async () => {
  await using gateway = await startGateway();
  const stream = await openaiClient(gateway).responses.create({ model, input: 'Hello', stream: true });
  const events = await Array.fromAsync(stream);
  expect(events[0]?.type).toBe('response.created');
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { status: 'completed', output: [{ type: 'message' }] },
  });
  expect(events.map(({ type }) => type).filter((type) => !/^response\.(?!metadata)/.test(type))).toEqual([]);
  const numbers = events.map((event) => event.sequence_number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('the streaming helper puts together text and parsed call arguments', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const text = await responses.stream({ model, input: 'Hello' }).finalResponse();
  expect(text.output_text).toBe(greeting);
  const called = await responses.stream({ model, input: callOslo, tools: [weather] }).finalResponse();
  expect(called.output).toMatchObject([
    { type: 'function_call', name: 'get_weather', parsed_arguments: { city: 'Oslo' } },
  ]);
});

test('parse gives structured output as the type of its zod schema', async () => {
  await using gateway = await startGateway();
  const city = z.object({ name: z.string(), inhabitants: z.number(), twin: z.string().nullable() });
  const answer = await openaiClient(gateway).responses.parse({
    model,
    input: 'A city?',
    text: { format: zodTextFormat(city, 'city') },
  });
  expect(city.safeParse(answer.output_parsed).success).toBe(true);
  expect(lastModelCall(gateway.simulator)).toMatchObject({
    text: { format: { type: 'json_schema', name: 'city', strict: true } },
  });
});

test('a tool loop works when the client sends the whole output back', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const input: ResponseInputItem[] = [{ role: 'user', content: `[[sim:reasoning]] ${callOslo}` }];
  const first = await responses.create({
    model,
    input,
    tools: [weather],
    store: false,
    include: ['reasoning.encrypted_content'],
  });
  const call = first.output.find((item) => item.type === 'function_call');
  input.push(...(first.output as ResponseInputItem[]));
  input.push({ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'Rain' });
  const second = await responses.create({ model, input, tools: [weather], store: false });
  expect(second.output_text).toBe('The tool answered: Rain');
  expect(inputOutline(lastModelCall(gateway.simulator))).toEqual([
    'user',
    'reasoning',
    'function_call',
    'function_call_output',
  ]);
});

test('a tool loop works when the client names the previous answer and sends the result only', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const first = await responses.create({ model, input: callOslo, tools: [weather] });
  const call = first.output.find((item) => item.type === 'function_call');
  const second = await responses.create({
    model,
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'Rain' }],
    tools: [weather],
  });
  expect(second).toMatchObject({ output_text: 'The tool answered: Rain', previous_response_id: first.id });
  expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'function_call', 'function_call_output']);
});

test('a custom tool gets its free text, and its result continues the answer', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const tools = [{ type: 'custom' as const, name: 'run_code', description: 'Runs code' }];
  const first = await responses.create({ model, input: '[[sim:tool run_code 1 + 1]]', tools });
  const [call] = first.output;
  expect(call).toMatchObject({ type: 'custom_tool_call', name: 'run_code', input: '1 + 1' });
  const callId = call?.type === 'custom_tool_call' ? call.call_id : '';
  const second = await responses.create({
    model,
    previous_response_id: first.id,
    input: [{ type: 'custom_tool_call_output', call_id: callId, output: '2' }],
    tools,
  });
  expect(second.output_text).toBe('The tool answered: 2');
});

test('a kept answer is read, listed and deleted; after that it is a 404', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const made = await responses.create({
    model,
    input: [
      { role: 'user', content: 'One' },
      { role: 'user', content: 'Two' },
    ],
  });
  const read = await responses.retrieve(made.id);
  expect(read).toMatchObject({ id: made.id, status: 'completed', output: made.output });
  expect(read.output_text).toBe(greeting);
  const items = await Array.fromAsync(responses.inputItems.list(made.id, { order: 'asc', limit: 1 }));
  expect(items).toMatchObject([
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'One' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Two' }] },
  ]);
  await responses.delete(made.id);
  const gone = await errorOf(responses.retrieve(made.id));
  expect(gone).toBeInstanceOf(NotFoundError);
  expect(gone).toMatchObject({ message: expect.stringContaining(made.id) });
});

test('an answer with store:false is not kept', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const made = await responses.create({ model, input: 'Hello', store: false });
  expect(made).toMatchObject({ store: false, output_text: greeting });
  expect(await errorOf(responses.retrieve(made.id))).toBeInstanceOf(NotFoundError);
});

test('compact gives a compaction item, which the next request carries on', async () => {
  await using gateway = await startGateway();
  const { responses } = openaiClient(gateway);
  const compacted = await responses.compact({ model, input: [{ role: 'user', content: 'A long story.' }] });
  expect(compacted.output.map(({ type }) => type)).toContain('compaction');
  await responses.create({
    model,
    input: [...(compacted.output as ResponseInputItem[]), { role: 'user', content: 'Go on.' }],
  });
  expect(inputOutline(lastModelCall(gateway.simulator))).toContain('compaction');
});
