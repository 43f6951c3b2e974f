import { expect, test } from 'bun:test';
import { foldChat } from '../support/fold-chat.ts';
import { inputOutline, lastModelCall, modelCalls } from '../support/model-calls.ts';
import { startGateway } from '../support/start-gateway.ts';

/** Bodies as coding editors send them, written down from the real programs. */

const model = 'gpt-5.5';
const parameters = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
};
const readTool = { type: 'function', function: { name: 'read', description: 'Reads a file', parameters } };

/** A second turn as opencode sends it: fields and message keys of its own, two user messages in a row. */
const opencodeBody = {
  model,
  max_tokens: 32_000,
  messages: [
    { role: 'system', content: 'You are opencode.' },
    { role: 'user', content: 'Context of the project.' },
    { role: 'user', content: [{ type: 'text', text: 'Read the file.', cache_control: { type: 'ephemeral' } }] },
    {
      role: 'assistant',
      content: '',
      reasoning_content: 'I should read it.',
      reasoningDetails: [{ type: 'text' }],
      tool_calls: [
        { id: 'call_1', type: 'function', index: 0, function: { name: 'read', arguments: '{"path":"a.ts"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', name: 'read', content: [{ type: 'text', text: 'export {}' }] },
  ],
  tools: [readTool],
  tool_choice: 'auto',
  stream: true,
  stream_options: { include_usage: true },
  parallelToolCalls: true,
  promptCacheKey: 'ses_1',
  serviceTier: 'auto',
  reasoningSummary: 'auto',
};

test('a chat turn of opencode is answered; what is its own stays behind', async () => {
  await using gateway = await startGateway();
  const response = await gateway.post('/v1/chat/completions', opencodeBody, {
    headers: { 'x-session-affinity': 'ses_1', 'x-session-id': 'ses_1' },
  });
  expect(foldChat(Buffer.from(await response.bytes()).toString('latin1'))).toMatchObject({
    choices: [{ message: { content: 'The tool answered: export {}' }, finish_reason: 'stop' }],
    usage: { total_tokens: expect.any(Number) },
  });
  const body = lastModelCall(gateway.simulator);
  expect(body).toMatchObject({ instructions: 'You are opencode.' });
  expect(inputOutline(body)).toEqual(['user', 'user', 'function_call', 'function_call_output']);
  expect(JSON.stringify(body)).not.toMatch(
    /parallelToolCalls|promptCacheKey|serviceTier|reasoningSummary|reasoningDetails|cache_control|32000/,
  );
});

test('the title request that opencode sends at the same time does not disturb the conversation', async () => {
  await using gateway = await startGateway({ accounts: 2 });
  const headers = { 'x-session-affinity': 'ses_1' };
  const title = {
    model: 'gpt-6-luna',
    stream: true,
    messages: [
      { role: 'system', content: 'Make a title.' },
      { role: 'user', content: 'Read the file.' },
    ],
  };
  const answers = await Promise.all([
    gateway.post('/v1/chat/completions', opencodeBody, { headers }),
    gateway.post('/v1/chat/completions', title, { headers }),
  ]);
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect(texts.map((text) => text.endsWith('data: [DONE]\n\n'))).toEqual([true, true]);
  expect(
    modelCalls(gateway.simulator)
      .map((body) => body['model'])
      .toSorted(),
  ).toEqual(['gpt-5.5', 'gpt-6-luna']);
});

test('a responses turn of opencode is answered: developer text as a string, reasoning without id, a commentary phase', async () => {
  await using gateway = await startGateway();
  const opening = [
    { role: 'developer', content: 'You are opencode.' },
    { role: 'user', content: [{ type: 'input_text', text: '[[sim:reasoning]] Read the file.' }] },
  ];
  const options = { model, store: false, include: ['reasoning.encrypted_content'], max_output_tokens: 32_000 };
  const first = (await (await gateway.post('/v1/responses', { ...options, input: opening })).json()) as {
    output: Record<string, unknown>[];
  };
  const encrypted = first.output.find(({ type }) => type === 'reasoning')?.['encrypted_content'];
  expect(encrypted).toBeString();
  const second = await gateway.post('/v1/responses', {
    ...options,
    input: [
      ...opening,
      { type: 'reasoning', summary: [], encrypted_content: encrypted },
      { role: 'assistant', phase: 'commentary', content: [{ type: 'output_text', text: 'I read it now.' }] },
      { type: 'function_call', call_id: 'call_1', name: 'read', arguments: '{"path":"a.ts"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'export {}' },
    ],
    tools: [{ type: 'function', name: 'read', parameters, strict: false }],
  });
  expect(second.status).toBe(200);
  const body = lastModelCall(gateway.simulator);
  expect(inputOutline(body)).toEqual([
    'developer',
    'user',
    'reasoning',
    'assistant',
    'function_call',
    'function_call_output',
  ]);
  expect(body).toMatchObject({ input: [{}, {}, { encrypted_content: encrypted }, { phase: 'commentary' }, {}, {}] });
});

test('the Chat Completions body of an agent kit that asks for responses fields is answered', async () => {
  await using gateway = await startGateway();
  const response = await gateway.post('/v1/chat/completions', {
    model,
    messages: [{ role: 'user', content: 'Hello' }],
    include: ['reasoning.encrypted_content'],
    verbosity: 'low',
    store: false,
  });
  expect(response.status).toBe(200);
  expect(lastModelCall(gateway.simulator)).toMatchObject({ text: { verbosity: 'low' } });
});

test('S14: a call with its arguments as an object, a long tool name and a long call id come through', async () => {
  await using gateway = await startGateway();
  const name = `mcp__${'a_long_server_name__'.repeat(4)}read`;
  const id = `call_${'x'.repeat(90)}`;
  const response = await gateway.post('/v1/chat/completions', {
    model,
    tools: [{ type: 'function', function: { name, parameters } }],
    messages: [
      { role: 'user', content: 'Read.' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name, arguments: { path: 'a.ts' } } }],
      },
      { role: 'tool', tool_call_id: id, content: '' },
      { role: 'user', content: 'Again.' },
    ],
    tool_choice: { type: 'function', function: { name } },
  });
  expect(await response.json()).toMatchObject({
    choices: [{ message: { tool_calls: [{ function: { name } }] }, finish_reason: 'tool_calls' }],
  });
  expect(lastModelCall(gateway.simulator)).toMatchObject({
    input: [{}, { arguments: '{"path":"a.ts"}' }, { output: '' }, {}],
  });
});
