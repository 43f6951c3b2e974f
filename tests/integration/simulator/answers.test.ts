import { afterAll, expect, test } from 'bun:test';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { callCodex, codexBody, codexEvents, codexItems } from '../../support/simulator.ts';

const simulator = startSimulator();
const account = simulator.addAccount({ name: 'ada' });
afterAll(() => simulator.close());

async function ask(text: string, overrides: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const response = await callCodex(simulator, account, codexBody(text, overrides), { headers });
  const body = await response.text();
  expect({ status: response.status, body: response.status === 200 ? '' : body }).toEqual({ status: 200, body: '' });
  return { response, events: codexEvents(body) };
}

const weather = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const say = { type: 'custom', name: 'say', format: { type: 'text' } };

test('a plain question is answered with the event sequence recorded from the real backend', async () => {
  const { response, events } = await ask('hi');
  const deltas = events.filter((event) => event['type'] === 'response.output_text.delta');
  const text = 'Hello from the simulated backend, speaking as gpt-5.5.';

  expect(deltas.map((event) => event['delta']).join('')).toBe(text);
  expect(deltas.length).toBeGreaterThan(3);
  expect(events.map((event) => event['type'])).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    ...deltas.map(() => 'response.output_text.delta'),
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index));
  expect(codexItems(events)).toEqual([
    {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      status: 'completed',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text }],
      phase: 'final_answer',
      role: 'assistant',
    },
  ]);
  expect(response.headers.get('content-type')).toStartWith('text/event-stream');
  expect(response.headers.get('openai-model')).toBe('gpt-5.5');
  expect(response.headers.get('x-codex-turn-state')).toMatch(/^\S{200,}$/);
  expect(response.headers.get('x-codex-primary-window-minutes')).toBe('300');
});

test('S8: response.completed has an empty output, the usage, and the account in safety_identifier', async () => {
  const { events } = await ask('hi');
  expect(events.at(-1)?.['response']).toMatchObject({
    status: 'completed',
    model: 'gpt-5.5',
    output: [],
    instructions: 'Be brief.',
    safety_identifier: account.userId,
    service_tier: 'default',
    usage: {
      input_tokens: expect.any(Number),
      input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
      output_tokens: 14,
      output_tokens_details: { reasoning_tokens: 0 },
      attribution: { items: expect.any(Object), request_fields: expect.any(Object) },
    },
  });
});

test('answers differ in their response id only', async () => {
  const [first, second] = await Promise.all([ask('[[sim:text 3]]'), ask('[[sim:text 3]]')]);
  const id = (events: Record<string, unknown>[]) => (events[0]?.['response'] as { id: string } | undefined)?.id;
  expect(id(first.events)).not.toBe(id(second.events));
  expect(first.events.slice(2, -1)).toEqual(second.events.slice(2, -1));
});

test('a tool directive calls the declared tool with the given JSON, brackets and all', async () => {
  const { events } = await ask('please [[sim:tool get_weather {"city":"[[Oslo]]"}]] now', { tools: [weather] });
  expect(codexItems(events)).toEqual([
    {
      id: expect.stringMatching(/^fc_/),
      type: 'function_call',
      status: 'completed',
      arguments: '{"city":"[[Oslo]]"}',
      call_id: expect.stringMatching(/^call_/),
      name: 'get_weather',
    },
  ]);
  const deltas = events.filter((event) => event['type'] === 'response.function_call_arguments.delta');
  expect(deltas.map((event) => event['delta']).join('')).toBe('{"city":"[[Oslo]]"}');
});

test('several tool directives make parallel calls, custom ones among them, each with its own ids', async () => {
  const { events } = await ask('[[sim:tool get_weather {"city":"Oslo"}]] [[sim:tool say GOOD DAY]]', {
    tools: [weather, say],
  });
  const items = codexItems(events);
  expect(items.map(({ type, name, arguments: args, input }) => ({ type, name, args, input }))).toEqual([
    { type: 'function_call', name: 'get_weather', args: '{"city":"Oslo"}', input: undefined },
    { type: 'custom_tool_call', name: 'say', args: undefined, input: 'GOOD DAY' },
  ]);
  expect(new Set(items.map((item) => item['call_id'])).size).toBe(2);
});

test('tools of the Lite dialect are found in their namespace, which the call repeats', async () => {
  const { events } = await ask(
    '',
    {
      model: 'gpt-6-sol',
      instructions: undefined,
      reasoning: { effort: 'low', context: 'all_turns' },
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'namespace', name: 'functions', tools: [say] }],
        },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: '[[sim:tool say HI]]' }] },
      ],
    },
    { 'x-openai-internal-codex-responses-lite': 'true' },
  );
  expect(codexItems(events)).toMatchObject([
    { type: 'custom_tool_call', name: 'say', namespace: 'functions', input: 'HI' },
  ]);
});

test('a demanded tool is called with arguments that satisfy its schema', async () => {
  const { events } = await ask('hi', { tools: [weather], tool_choice: 'required' });
  expect(codexItems(events)).toMatchObject([
    { type: 'function_call', name: 'get_weather', arguments: '{"city":"text"}' },
  ]);
});

test('tool outputs are quoted, so that a tool loop ends', async () => {
  const { events } = await ask('', {
    tools: [weather],
    input: [
      { role: 'user', content: [{ type: 'input_text', text: '[[sim:tool get_weather {}]]' }] },
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '12 degrees' },
    ],
  });
  expect(codexItems(events)).toMatchObject([{ type: 'message', content: [{ text: 'The tool answered: 12 degrees' }] }]);
});

test('a demanded JSON schema is filled', async () => {
  const schema = {
    type: 'object',
    properties: { answer: { type: 'integer' }, why: { enum: ['so'] } },
    required: ['answer', 'why'],
  };
  const { events } = await ask('hi', {
    text: { format: { type: 'json_schema', name: 'reply', schema, strict: true } },
  });
  const [message] = codexItems(events);
  const parts = (message?.['content'] ?? []) as { text: string }[];
  expect(JSON.parse(parts.map((part) => part.text).join(''))).toEqual({ answer: 1, why: 'so' });
});

test('reasoning is encrypted on request, summarised on request, and taken back by its own account', async () => {
  const asked = { include: ['reasoning.encrypted_content'], reasoning: { effort: 'low', summary: 'auto' } };
  const [reasoning, message] = codexItems((await ask('[[sim:reasoning]]', asked)).events);
  // A copy: Bun's toMatchObject writes its matchers into what it is given.
  expect(structuredClone([reasoning, message])).toMatchObject([
    { type: 'reasoning', encrypted_content: expect.stringMatching(/^gAAAA/), summary: [{ type: 'summary_text' }] },
    { type: 'message' },
  ]);
  const [silent] = codexItems((await ask('[[sim:reasoning]]')).events);
  expect(silent).toEqual({ id: expect.any(String), type: 'reasoning', content: [], summary: [] });
  await ask('', { input: [reasoning, message, { role: 'user', content: 'and?' }] });
});

test('a compaction trigger is answered with exactly one compaction item', async () => {
  const { events } = await ask('', { input: [{ role: 'user', content: 'hi' }, { type: 'compaction_trigger' }] });
  expect(codexItems(events)).toEqual([
    { id: expect.stringMatching(/^cmp_/), type: 'compaction', encrypted_content: expect.stringMatching(/^gAAAA/) },
  ]);
});

test.each([
  ['text', '[[sim:text 100]]'],
  ['burst', '[[sim:burst 100]]'],
  ['pace', '[[sim:pace 100 1]]'],
])('%s: a hundred deltas arrive, numbered without a gap', async (_name, directive) => {
  const { events } = await ask(directive);
  const text = Array.from({ length: 100 }, (_, index) => `word${index + 1} `).join('');
  expect(codexItems(events)).toMatchObject([{ content: [{ text }] }]);
  expect(events.filter((event) => event['type'] === 'response.output_text.delta')).toHaveLength(100);
  expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index));
});

test('a flood of many megabytes is complete, and waits for a slow reader', async () => {
  // Large against what else this process holds at the time, which comes and goes by tens of megabytes.
  const bytes = 100_000_000;
  const response = await callCodex(simulator, account, codexBody(`[[sim:flood ${bytes}]]`));
  const reader = response.body?.getReader();
  if (!reader) throw new Error('no body');
  const before = process.memoryUsage.rss();
  await reader.read();
  // While nobody reads, another call is served and the flood does not pile up in memory.
  await ask('hi');
  expect(process.memoryUsage.rss() - before).toBeLessThan(bytes / 2);
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) size += chunk.value.length;
  expect(size).toBeGreaterThan(bytes);
});

test('the unary compaction answers one opaque item as JSON', async () => {
  const response = await fetch(`${simulator.baseUrl}/responses/compact`, {
    method: 'POST',
    headers: { authorization: `Bearer ${account.accessToken}`, 'chatgpt-account-id': account.accountId },
    body: JSON.stringify({ model: 'gpt-5.5', instructions: 'x', input: [{ role: 'user', content: 'hi' }] }),
  });
  expect(await response.json()).toEqual({
    output: [
      { id: expect.stringMatching(/^cmp_/), type: 'compaction', encrypted_content: expect.stringMatching(/^gAAAA/) },
    ],
  });
});
