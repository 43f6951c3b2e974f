import { expect, test } from 'bun:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, type ModelMessage, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { inputOutline, lastModelCall } from '../support/model-calls.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
const callOslo = '[[sim:tool get_weather {"city":"Oslo"}]]';
const tools = {
  get_weather: tool({ inputSchema: z.object({ city: z.string() }), execute: ({ city }) => `Rain in ${city}` }),
};

/** The model as a chat client with a custom provider gets it (opencode and its like). */
function modelOf(gateway: TestGateway) {
  const provider = createOpenAICompatible({
    name: 'gateway',
    baseURL: gateway.baseUrl,
    apiKey: gateway.key,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return provider('gpt-5.5');
}

test('a text is streamed, with the usage at its end', async () => {
  await using gateway = await startGateway();
  const result = streamText({ model: modelOf(gateway), prompt: 'Hello', maxRetries: 0 });
  const pieces = await Array.fromAsync(result.textStream);
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.join('')).toBe(greeting);
  expect(await result.finishReason).toBe('stop');
  expect((await result.usage).inputTokens).toBeGreaterThan(0);
});

test('the tool loop comes to its end, whole', async () => {
  await using gateway = await startGateway();
  const { text, steps } = await generateText({
    model: modelOf(gateway),
    prompt: callOslo,
    tools,
    stopWhen: stepCountIs(3),
    maxRetries: 0,
  });
  expect(text).toBe('The tool answered: Rain in Oslo');
  expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
});

test('structured output fits its schema', async () => {
  await using gateway = await startGateway();
  const schema = z.object({ city: z.string(), inhabitants: z.number() });
  const result = await generateText({
    model: modelOf(gateway),
    prompt: 'A place?',
    output: Output.object({ schema }),
    maxRetries: 0,
  });
  expect(schema.safeParse(result.output).success).toBe(true);
});

test('reasoning is shown, and what the client sends back of it does not disturb the next turn', async () => {
  await using gateway = await startGateway();
  const model = modelOf(gateway);
  const messages: ModelMessage[] = [{ role: 'user', content: '[[sim:reasoning]] Think first.' }];
  const first = await generateText({ model, messages, maxRetries: 0 });
  expect(first.reasoningText).toContain('Thinking');
  messages.push(...first.response.messages, { role: 'user', content: 'Go on.' });
  await generateText({ model, messages, maxRetries: 0 });
  expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'assistant', 'user']);
});

test('options in camelCase that the client passes through are no obstacle', async () => {
  await using gateway = await startGateway();
  const { text } = await generateText({
    model: modelOf(gateway),
    prompt: 'Hello',
    maxOutputTokens: 32_000,
    maxRetries: 0,
    providerOptions: {
      gateway: { parallelToolCalls: false, promptCacheKey: 'thread-1', serviceTier: 'auto', reasoningEffort: 'high' },
    },
  });
  expect(text).toBe(greeting);
  const body = lastModelCall(gateway.simulator);
  expect(body).toMatchObject({ reasoning: { effort: 'high' } });
  expect(Object.keys(body).filter((name) => /[A-Z]|max/.test(name))).toEqual([]);
});
