import { expect, test } from 'bun:test';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { errorOf } from '../support/error-of.ts';
import { inputOutline, lastModelCall, modelCalls } from '../support/model-calls.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
const callOslo = '[[sim:tool get_weather {"city":"Oslo"}]]';
const tools = {
  get_weather: tool({ inputSchema: z.object({ city: z.string() }), execute: ({ city }) => `Rain in ${city}` }),
};

/** The provider's two ways to speak to the gateway: over responses, its default, and over chat. */
const ways = {
  responses: (gateway: TestGateway) => createOpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key })('gpt-5.5'),
  chat: (gateway: TestGateway) => createOpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key }).chat('gpt-5.5'),
};

for (const [way, modelOf] of Object.entries(ways)) {
  test(`${way}: a text is generated, with its usage`, async () => {
    await using gateway = await startGateway();
    const { text, finishReason, usage } = await generateText({
      model: modelOf(gateway),
      prompt: 'Hello',
      maxRetries: 0,
    });
    expect(text).toBe(greeting);
    expect(finishReason).toBe('stop');
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  test(`${way}: a text is streamed`, async () => {
    await using gateway = await startGateway();
    const result = streamText({ model: modelOf(gateway), prompt: '[[sim:text 4]]', maxRetries: 0 });
    expect(await Array.fromAsync(result.textStream)).toEqual(['word1 ', 'word2 ', 'word3 ', 'word4 ']);
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  test(`${way}: the tool loop comes to its end, streamed`, async () => {
    await using gateway = await startGateway();
    const result = streamText({
      model: modelOf(gateway),
      prompt: callOslo,
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    await result.consumeStream();
    expect(await result.text).toBe('The tool answered: Rain in Oslo');
    expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'function_call', 'function_call_output']);
  });

  test(`${way}: structured output fits its schema`, async () => {
    await using gateway = await startGateway();
    const schema = z.object({ city: z.string(), tags: z.array(z.string()) });
    const output = Output.object({ schema, name: 'place' });
    const result = await generateText({ model: modelOf(gateway), prompt: 'A place?', output, maxRetries: 0 });
    expect(schema.safeParse(result.output).success).toBe(true);
    expect(lastModelCall(gateway.simulator)).toMatchObject({
      text: { format: { type: 'json_schema', name: 'place' } },
    });
  });

  test(`${way}: a wrong model is an APICallError that is not worth a retry`, async () => {
    await using gateway = await startGateway();
    const provider = createOpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key });
    const model = way === 'chat' ? provider.chat('no-such-model') : provider('no-such-model');
    const error = await errorOf(generateText({ model, prompt: 'Hello' }));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
  });
}

test('responses: a second step that only refers to what the first one said gets all of it', async () => {
  await using gateway = await startGateway();
  const sent: { input: { type?: string }[] }[] = [];
  const recording = Object.assign(
    (url: string | URL | Request, init?: RequestInit) => {
      sent.push(JSON.parse(String(init?.body)) as (typeof sent)[number]);
      return fetch(url, init);
    },
    { preconnect: fetch.preconnect },
  );
  const provider = createOpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key, fetch: recording });
  const { text, steps } = await generateText({
    model: provider('gpt-5.5'),
    prompt: `[[sim:reasoning]] ${callOslo}`,
    tools,
    stopWhen: stepCountIs(3),
    maxRetries: 0,
    providerOptions: { openai: { reasoningSummary: 'auto' } },
  });
  expect(text).toBe('The tool answered: Rain in Oslo');
  expect(steps[0]?.reasoningText).toContain('Thinking');
  // What makes this case: the client sends a name where the upstream, which keeps nothing, needs the item.
  expect(sent[1]?.input.map(({ type }) => type)).toContain('item_reference');
  const [, second] = modelCalls(gateway.simulator);
  expect(inputOutline(second ?? {})).toEqual(['user', 'reasoning', 'function_call', 'function_call_output']);
});

test('responses: a tool loop that keeps nothing carries its encrypted reasoning along', async () => {
  await using gateway = await startGateway();
  const { text } = await generateText({
    model: ways.responses(gateway),
    prompt: `[[sim:reasoning]] ${callOslo}`,
    tools,
    stopWhen: stepCountIs(3),
    maxRetries: 0,
    providerOptions: { openai: { store: false, include: ['reasoning.encrypted_content'], forceReasoning: true } },
  });
  expect(text).toBe('The tool answered: Rain in Oslo');
  expect(inputOutline(lastModelCall(gateway.simulator))).toEqual([
    'user',
    'reasoning',
    'function_call',
    'function_call_output',
  ]);
});
