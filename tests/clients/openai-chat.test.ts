import { expect, test } from 'bun:test';
import type OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { inputOutline, lastModelCall, modelCalls } from '../support/model-calls.ts';
import { openaiClient } from '../support/openai-client.ts';
import { startGateway } from '../support/start-gateway.ts';

const model = 'gpt-5.5';
const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
const asked = (content: string) => [{ role: 'user' as const, content }];

test('a chat is answered whole, with its usage', async () => {
  await using gateway = await startGateway();
  const answer = await openaiClient(gateway).chat.completions.create({ model, messages: asked('Hello') });
  expect(answer).toMatchObject({
    object: 'chat.completion',
    model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: greeting, refusal: null } }],
  });
  const { prompt_tokens: input = 0, completion_tokens: output = 0, total_tokens: total } = answer.usage ?? {};
  expect(input).toBeGreaterThan(0);
  expect(output).toBeGreaterThan(0);
  expect(total).toBe(input + output);
  expect(answer._request_id).toMatch(/^req_/);
});

test('a streamed chat arrives in chunks that add up, usage last', async () => {
  await using gateway = await startGateway();
  const stream = await openaiClient(gateway).chat.completions.create({
    model,
    messages: asked('[[sim:text 5]]'),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync(stream);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('word1 word2 word3 word4 word5 ');
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
});

test('the streaming helper puts together what it got event by event', async () => {
  await using gateway = await startGateway();
  const stream = openaiClient(gateway).chat.completions.stream({ model, messages: asked('Hello') });
  const deltas: string[] = [];
  stream.on('content', (delta) => deltas.push(delta));
  expect(await stream.finalContent()).toBe(greeting);
  expect(deltas.length).toBeGreaterThan(3);
  expect(deltas.join('')).toBe(greeting);
});

const weather = {
  name: 'get_weather',
  description: 'Weather of a place',
  parameters: z.object({ city: z.string() }),
};
const callOslo = asked('Use it. [[sim:tool get_weather {"city":"Oslo"}]]');

for (const stream of [false, true]) {
  test(`runTools calls the function and sends its result back, ${stream ? 'streamed' : 'whole'}`, async () => {
    await using gateway = await startGateway();
    const cities: string[] = [];
    const tool = zodFunction({
      ...weather,
      function({ city }: { city: string }) {
        cities.push(city);
        return `Rain in ${city}`;
      },
    });
    const { completions } = openaiClient(gateway).chat;
    const runner = stream
      ? completions.runTools({ model, messages: callOslo, tools: [tool], stream })
      : completions.runTools({ model, messages: callOslo, tools: [tool] });
    expect(await runner.finalContent()).toBe('The tool answered: Rain in Oslo');
    expect(cities).toEqual(['Oslo']);
    expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'function_call', 'function_call_output']);
  });
}

test('parallel calls, one without arguments, come one by one and all their results go back', async () => {
  await using gateway = await startGateway();
  const stream = openaiClient(gateway).chat.completions.runTools({
    model,
    stream: true,
    messages: asked('[[sim:tool get_weather {"city":"Oslo"}]][[sim:tool get_time]]'),
    tools: [
      zodFunction({ ...weather, function: ({ city }: { city: string }) => `Rain in ${city}` }),
      zodFunction({ name: 'get_time', parameters: z.object({}), function: () => 'Noon' }),
    ],
  });
  expect(await stream.finalContent()).toBe('The tool answered: Rain in Oslo\nThe tool answered: Noon');
});

const recipe = z.object({ name: z.string(), steps: z.array(z.string()), minutes: z.number().nullable() });

test('S3: a zod format is parsed into its type, and reaches the upstream as text.format only', async () => {
  await using gateway = await startGateway();
  const answer = await openaiClient(gateway).chat.completions.parse({
    model,
    messages: asked('Cake?'),
    response_format: zodResponseFormat(recipe, 'recipe'),
  });
  const { parsed = null } = answer.choices[0]?.message ?? {};
  expect(recipe.parse(parsed)).toEqual(parsed as z.infer<typeof recipe>);
  const body = lastModelCall(gateway.simulator);
  expect(body).toMatchObject({ text: { format: { type: 'json_schema', name: 'recipe', strict: true } } });
  expect(body).not.toHaveProperty('response_format');
});

test('a zod tool has its arguments parsed', async () => {
  await using gateway = await startGateway();
  const answer = await openaiClient(gateway).chat.completions.parse({
    model,
    messages: callOslo,
    tools: [zodFunction(weather)],
  });
  expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
  expect(answer.choices[0]?.message.tool_calls).toMatchObject([
    { type: 'function', function: { name: 'get_weather', parsed_arguments: { city: 'Oslo' } } },
  ]);
});

test('legacy functions are answered as function_call, and their result continues the chat', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway);
  const functions = [{ name: 'get_weather', parameters: z.toJSONSchema(weather.parameters) }];
  const first = await client.chat.completions.create({ model, messages: callOslo, functions });
  const [choice] = first.choices;
  expect(choice?.finish_reason).toBe('function_call');
  expect(choice?.message.function_call).toEqual({ name: 'get_weather', arguments: '{"city":"Oslo"}' });
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    ...callOslo,
    { role: 'assistant', content: null, function_call: choice?.message.function_call ?? null },
    { role: 'function', name: 'get_weather', content: 'Rain' },
  ];
  const second = await client.chat.completions.create({ model, messages, functions });
  expect(second.choices[0]?.message.content).toBe('The tool answered: Rain');
});

test('a custom tool is called with free text, and its result continues the chat', async () => {
  await using gateway = await startGateway();
  const client = openaiClient(gateway);
  const tools: OpenAI.ChatCompletionTool[] = [
    { type: 'custom', custom: { name: 'run_code', description: 'Runs code' } },
  ];
  const messages: OpenAI.ChatCompletionMessageParam[] = asked('[[sim:tool run_code print("hi")]]');
  const first = await client.chat.completions.create({ model, messages, tools });
  const message = first.choices[0]?.message;
  const call = message?.tool_calls?.[0];
  expect(call).toMatchObject({ type: 'custom', custom: { name: 'run_code', input: 'print("hi")' } });
  if (message) messages.push(message);
  messages.push({ role: 'tool', tool_call_id: call?.id ?? '', content: 'hi' });
  const second = await client.chat.completions.create({ model, messages, tools });
  expect(second.choices[0]?.message.content).toBe('The tool answered: hi');
  expect(inputOutline(lastModelCall(gateway.simulator))).toEqual([
    'user',
    'custom_tool_call',
    'custom_tool_call_output',
  ]);
});

test('an image part reaches the upstream as an input image', async () => {
  await using gateway = await startGateway();
  const url = 'data:image/png;base64,iVBORw0KGgo=';
  await openaiClient(gateway).chat.completions.create({
    model,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url, detail: 'low' } },
        ],
      },
    ],
  });
  expect(lastModelCall(gateway.simulator)['input']).toEqual([
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: url, detail: 'low' },
      ],
    },
  ]);
});

test('S4: what the upstream does not take is left out, streamed and whole alike', async () => {
  await using gateway = await startGateway();
  const { completions } = openaiClient(gateway).chat;
  const request = {
    model,
    messages: [{ role: 'system' as const, content: 'Be brief.' }, ...asked('Hello')],
    temperature: 0.2,
    top_p: 0.9,
    max_completion_tokens: 50,
    seed: 7,
    stop: ['\n'],
    user: 'someone',
    metadata: { a: 'b' },
    logit_bias: { '50256': -100 },
  };
  await completions.create(request);
  await Array.fromAsync(await completions.create({ ...request, stream: true }));
  const [whole, streamed] = modelCalls(gateway.simulator);
  expect(streamed).toEqual(whole ?? {});
  expect(Object.keys(whole ?? {}).toSorted()).toEqual([
    'include',
    'input',
    'instructions',
    'model',
    'parallel_tool_calls',
    'prompt_cache_key',
    'reasoning',
    'store',
    'stream',
  ]);
});
