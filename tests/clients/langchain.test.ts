import { expect, test } from 'bun:test';
import { HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { inputOutline, lastModelCall } from '../support/model-calls.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
const getWeather = tool(({ city }) => `Rain in ${city}`, {
  name: 'get_weather',
  description: 'Weather of a place',
  schema: z.object({ city: z.string() }),
});

function modelOf(gateway: TestGateway, useResponsesApi: boolean): ChatOpenAI {
  return new ChatOpenAI({
    model: 'gpt-5.5',
    apiKey: gateway.key,
    configuration: { baseURL: gateway.baseUrl },
    maxRetries: 0,
    useResponsesApi,
  });
}

for (const useResponsesApi of [false, true]) {
  const way = useResponsesApi ? 'responses' : 'chat';

  test(`${way}: invoke gives the text and its usage`, async () => {
    await using gateway = await startGateway();
    const message = await modelOf(gateway, useResponsesApi).invoke('Hello');
    expect(message.text).toBe(greeting);
    expect(message).toMatchObject({
      usage_metadata: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  test(`${way}: stream gives chunks that add up`, async () => {
    await using gateway = await startGateway();
    const chunks = await Array.fromAsync(await modelOf(gateway, useResponsesApi).stream('[[sim:text 4]]'));
    expect(chunks.map(({ text }) => text).join('')).toBe('word1 word2 word3 word4 ');
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(whole).toMatchObject({ usage_metadata: { output_tokens: expect.any(Number) } });
  });

  test(`${way}: a bound tool is called, and its result continues the conversation`, async () => {
    await using gateway = await startGateway();
    const model = modelOf(gateway, useResponsesApi).bindTools([getWeather]);
    const messages: BaseMessage[] = [new HumanMessage('[[sim:tool get_weather {"city":"Oslo"}]]')];
    const called = await model.invoke(messages);
    expect(called.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }]);
    messages.push(called);
    for (const call of called.tool_calls ?? []) messages.push(await getWeather.invoke(call));
    expect((await model.invoke(messages)).text).toBe('The tool answered: Rain in Oslo');
    expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'function_call', 'function_call_output']);
  });

  for (const method of ['jsonSchema', 'functionCalling'] as const) {
    test(`${way}: structured output by ${method} fits its schema`, async () => {
      await using gateway = await startGateway();
      const schema = z.object({ city: z.string(), inhabitants: z.number() });
      const output = await modelOf(gateway, useResponsesApi)
        .withStructuredOutput(schema, { name: 'place', method })
        .invoke('A place?');
      expect(schema.safeParse(output).success).toBe(true);
    });
  }
}
