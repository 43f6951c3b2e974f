import { afterAll, expect, test } from 'bun:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { callCodex, codexBody, codexEvents, codexHeaders, codexItems } from '../../support/simulator.ts';

const simulator = startSimulator();
const account = simulator.addAccount({ name: 'ada', models: ['gpt-5.5', 'gpt-6-sol'] });
const stranger = simulator.addAccount({ name: 'grace' });
afterAll(() => simulator.close());

const lite = { 'x-openai-internal-codex-responses-lite': 'true' };
const user = { role: 'user', content: [{ type: 'input_text', text: 'hi' }] };
const call = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
const format = (value: unknown) => ({ text: { format: value } });

test.each<[what: string, overrides: Record<string, unknown>, complaint: string, headers?: Record<string, string>]>([
  ['an unknown parameter', { max_output_tokens: 5 }, 'Unsupported parameter: max_output_tokens'],
  ['a previous response', { previous_response_id: 'resp_1' }, 'Unsupported parameter: previous_response_id'],
  ['a chat format', { response_format: { type: 'json_object' } }, 'Unsupported parameter: response_format'],
  ['storing', { store: true }, 'Store must be set to false'],
  ['no word on storing', { store: undefined }, 'Store must be set to false'],
  ['no stream', { stream: false }, 'Stream must be set to true'],
  ['text as input', { input: 'hi' }, 'Input must be a list'],
  ['a model outside the plan', { model: 'gpt-6-luna' }, "The 'gpt-6-luna' model is not supported when using Codex"],
  ['an old client', { model: 'gpt-6-sol' }, 'requires a newer version of Codex', { version: '0.125.0' }],
  ['no instructions', { instructions: undefined }, 'Instructions are required'],
  ['empty instructions', { instructions: '' }, 'Instructions are required'],
  ['a system message', { input: [{ ...user, role: 'system' }] }, 'System messages are not allowed'],
  ['an unsold service tier', { service_tier: 'auto' }, 'Unsupported service_tier: auto'],
  ['an unknown effort', { reasoning: { effort: 'minimal' } }, "'minimal' is not supported"],
  ['Lite with instructions', { reasoning: { context: 'all_turns' } }, "'instructions' is not supported", lite],
  [
    'Lite with tools',
    { instructions: undefined, tools: [], reasoning: { context: 'all_turns' } },
    "'tools' is not supported",
    lite,
  ],
  ['Lite without context', { instructions: undefined, reasoning: {} }, "'reasoning.context' must be", lite],
  ['a foreign item id', { input: [{ type: 'message', id: 'item_1', ...user }] }, "begins with 'msg'"],
  [
    'an item id of 65 characters',
    { input: [{ type: 'message', id: `msg_${'x'.repeat(61)}`, ...user }] },
    'maximum length 64, but got a string with length 65',
  ],
  [
    'a call id of 65 characters',
    { input: [{ ...call, call_id: 'c'.repeat(65) }] },
    "Invalid 'input[0].call_id': string too long",
  ],
  [
    'an output without its call',
    { input: [user, output] },
    'No tool call found for function call output with call_id call_1.',
  ],
  ['a call without its output', { input: [user, call] }, 'No tool output found for function call call_1.'],
  ['an item reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, "Item with id 'msg_1' not found"],
  [
    'reasoning by id alone',
    { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }, user] },
    "Item with id 'rs_1' not found",
  ],
  ['a chat part', { input: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }, "Invalid value: 'text'"],
  [
    'invented encrypted content',
    { input: [{ type: 'reasoning', summary: [], encrypted_content: 'gAAAA1' }, user] },
    'could not be verified',
  ],
  ['a hosted tool', { tools: [{ type: 'code_interpreter' }] }, 'Unsupported tool type: code_interpreter'],
  [
    'a chat tool',
    { tools: [{ type: 'function', function: { name: 'f' } }] },
    "Missing required parameter: 'tools[0].name'",
  ],
  ['S14: a tool name of 65 characters', { tools: [{ type: 'function', name: 'f'.repeat(65) }] }, 'maximum length 64'],
  ['a tool name with a dot', { tools: [{ type: 'function', name: 'a.b' }] }, 'does not match pattern'],
  ['a choice of no tool', { tool_choice: { type: 'function', name: 'f' } }, "Tool choice 'f' not found"],
  ['JSON mode without the word', format({ type: 'json_object' }), "must contain the word 'json'"],
  ['a schema without a name', format({ type: 'json_schema', schema: {} }), "'text.format.name'"],
  ['a turn state of nobody', {}, 'Invalid x-codex-turn-state', { 'x-codex-turn-state': 'ts-1' }],
])('%s is a 400 that says so', async (_what, overrides, complaint, headers = {}) => {
  const response = await callCodex(simulator, account, codexBody('hi', overrides), { headers });
  const body = (await response.json()) as { detail?: string; error?: { message: string } };
  expect({ status: response.status, says: body.detail ?? body.error?.message }).toEqual({
    status: 400,
    says: expect.stringContaining(complaint),
  });
});

test.each<[what: string, overrides: Record<string, unknown>, headers?: Record<string, string>]>([
  [
    'a developer message instead of instructions',
    { instructions: undefined, input: [{ ...user, role: 'developer' }, user] },
  ],
  ['a whole Lite body', { instructions: undefined, reasoning: { context: 'all_turns' } }, lite],
  ['a call with its output', { input: [user, call, output] }],
  [
    'items without ids and types',
    { input: [user, { role: 'assistant', content: [{ type: 'output_text', text: 'yes' }] }, user] },
  ],
  ['a recent client', { model: 'gpt-6-sol' }, { version: '0.169.0' }],
  [
    'every known field',
    {
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      include: [],
      service_tier: 'priority',
      prompt_cache_key: 'k',
      client_metadata: {},
    },
  ],
])('%s is accepted', async (_what, overrides, headers = {}) => {
  const response = await callCodex(simulator, account, codexBody('hi', overrides), { headers });
  expect({ status: response.status, body: response.ok ? '' : await response.text() }).toEqual({
    status: 200,
    body: '',
  });
  await response.body?.cancel();
});

test('F14: encrypted content and the turn state of another account are refused', async () => {
  const asked = codexBody('[[sim:reasoning]]', { include: ['reasoning.encrypted_content'] });
  const first = await callCodex(simulator, stranger, asked);
  const [reasoning] = codexItems(codexEvents(await first.text()));
  const second = await callCodex(simulator, account, codexBody('', { input: [reasoning, user] }));
  expect(second.status).toBe(400);
  expect(await second.json()).toMatchObject({ error: { code: 'invalid_encrypted_content' } });

  const headers = { 'x-codex-turn-state': first.headers.get('x-codex-turn-state') ?? '' };
  expect((await callCodex(simulator, account, codexBody('hi'), { headers })).status).toBe(400);
  const own = await callCodex(simulator, stranger, codexBody('hi'), { headers });
  expect([own.status, own.headers.get('x-codex-turn-state')]).toEqual([200, headers['x-codex-turn-state']]);
});

test.each([
  ['gzip', gzipSync(JSON.stringify(codexBody('hi'))), 200],
  ['zstd', zstdCompressSync(JSON.stringify(codexBody('hi'))), 200],
  ['br', Buffer.from('x'), 400],
  ['identity', Buffer.from('{'), 400],
] as const)('S12: a body in %s is answered as it should', async (encoding, body, status) => {
  const headers = { ...codexHeaders(account), 'content-encoding': encoding, 'content-type': 'application/json' };
  const response = await fetch(`${simulator.baseUrl}/responses`, { method: 'POST', headers, body });
  expect(response.status).toBe(status);
  await response.text();
});
