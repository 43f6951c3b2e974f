import { describe, expect, test } from 'bun:test';
import { parseResponsesRequest } from '../../../../server/contract/responses.ts';
import { AppError } from '../../../../server/core/errors.ts';
import {
  type ResponsesContext,
  shapeResponsesRequest,
} from '../../../../server/gateway/translate/responses-request.ts';
import { compactionBody, liteBody, standardBody, withInstallation } from './codex-bodies.ts';

const model = { slug: 'gpt-5.5', efforts: ['low', 'medium', 'high', 'xhigh'] };

function shape(body: Record<string, unknown>, context: Partial<ResponsesContext> = {}) {
  const defaults = { isCodexClient: false, hasLiteHeader: false, model, promptCacheKey: 'derived' };
  return shapeResponsesRequest(parseResponsesRequest(body), { ...defaults, ...context });
}

const bodyOf = (fields: Record<string, unknown>) => shape({ model: 'm', input: 'Hi', ...fields }).body;

/** The AppError that `run` throws, as `[code, param]`. */
function problemOf(run: () => unknown): unknown[] {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError)
      return [error.status, error.code, error.details.param, error.message.includes(error.details.param ?? '?')];
    throw error;
  }
  return [];
}

test('a plain request becomes exactly this upstream body', () => {
  expect(shape({ model: 'gpt-5.5', input: 'Hi' })).toEqual({
    body: {
      model: 'gpt-5.5',
      instructions: 'You are a helpful assistant.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      parallel_tool_calls: true,
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'derived',
    },
    dialect: 'standard',
    wantsStream: false,
    store: true,
    previousResponseId: null,
  });
});

describe('bodies of the Codex CLI pass unharmed, apart from what names the installation', () => {
  test.each([
    ['standard', standardBody, false],
    ['lite', liteBody, true],
    ['lite with a compaction', compactionBody, true],
    ['lite without the header', liteBody, false],
  ] as const)('%s', (name, body, hasLiteHeader) => {
    const context = { isCodexClient: true, hasLiteHeader, model: { ...model, slug: body.model } };
    const shaped = shape(withInstallation<typeof body>(body), context);
    expect(shaped).toEqual({
      body: body as unknown as typeof shaped.body,
      dialect: name === 'standard' ? 'standard' : 'lite',
      wantsStream: true,
      store: false,
      previousResponseId: null,
    });
  });
  test('an id the upstream would refuse is left out, the item stays', () => {
    const input = [
      { type: 'message', id: `msg_${'x'.repeat(61)}`, role: 'user', content: 'a' },
      { type: 'message', id: 'item_1', role: 'user', content: 'b' },
      { type: 'reasoning', id: 'rs_1', summary: [] },
    ];
    expect(shape({ ...standardBody, input }, { isCodexClient: true }).body.input).toEqual([
      { type: 'message', role: 'user', content: 'a' },
      { type: 'message', role: 'user', content: 'b' },
    ]);
  });
});

test('X5: no field but those of the whitelist goes upstream, whatever the client sends', () => {
  const hostile = {
    base_url: 'http://evil',
    headers: { authorization: 'x' },
    api_key: 'k',
    generate: false,
    stream_options: {},
    type: 'response.create',
  };
  for (const isCodexClient of [true, false]) {
    const { body } = shape({ ...standardBody, ...hostile, previous_response_id: 'resp_1' }, { isCodexClient });
    expect(Object.keys(body).filter((field) => !(field in standardBody) && field !== 'instructions')).toEqual([]);
  }
});

test('X5: tools and parts of an SDK carry known fields only', () => {
  const { body } = shape({
    model: 'm',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi', prompt_cache_breakpoint: {}, x: 1 }], x: 1 }],
    tools: [{ type: 'web_search', server_url: 'http://evil', headers: {} }],
  });
  expect([body.input, body.tools]).toEqual([
    [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    [{ type: 'web_search' }],
  ]);
});

describe('fields', () => {
  const long = 'k'.repeat(65);
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['instructions are kept', { instructions: 'Be brief.' }, { instructions: 'Be brief.' }],
    ['empty instructions get the default', { instructions: '' }, { instructions: 'You are a helpful assistant.' }],
    ['the tier fast is priority', { service_tier: 'fast' }, { service_tier: 'priority' }],
    ['the tier flex is kept', { service_tier: 'flex' }, { service_tier: 'flex' }],
    ['other tiers are left out', { service_tier: 'auto' }, { service_tier: undefined }],
    [
      'an effort the model lacks is the next lower',
      { reasoning: { effort: 'max' } },
      { reasoning: { effort: 'xhigh' } },
    ],
    [
      'minimal is low, the summary stays',
      { reasoning: { effort: 'minimal', summary: 'auto' } },
      { reasoning: { effort: 'low', summary: 'auto' } },
    ],
    ['the old name of summary', { reasoning: { generate_summary: 'concise' } }, { reasoning: { summary: 'concise' } }],
    ['an empty reasoning is left out', { reasoning: { effort: null } }, { reasoning: undefined }],
    ['an empty text is left out', { text: {} }, { text: undefined }],
    [
      'S3: a text format is kept',
      { text: { format: { type: 'json_schema', name: 'n', schema: {}, strict: null, x: 1 }, verbosity: 'low' } },
      { text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' } },
    ],
    [
      'what can be included is, once',
      {
        include: [
          'web_search_call.action.sources',
          'reasoning.encrypted_content',
          'message.output_text.logprobs',
          'web_search_call.action.sources',
        ],
      },
      { include: ['reasoning.encrypted_content', 'web_search_call.action.sources'] },
    ],
    ['parallel calls as asked', { parallel_tool_calls: false }, { parallel_tool_calls: false }],
    ["A5: the client's cache key is kept", { prompt_cache_key: 'mine' }, { prompt_cache_key: 'mine' }],
    [
      'a choice of a tool is flattened',
      { tool_choice: { type: 'function', function: { name: 'f' } } },
      { tool_choice: { type: 'function', name: 'f' } },
    ],
    [
      'a hosted choice is renamed',
      { tool_choice: { type: 'web_search_preview' } },
      { tool_choice: { type: 'web_search' } },
    ],
    [
      'allowed tools are kept',
      { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f', x: 1 }] } },
      { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] } },
    ],
    ['no tools are no field', { tools: [] }, { tools: undefined }],
    [
      'metadata of clients other than Codex is left out',
      { client_metadata: { a: 'b' } },
      { client_metadata: undefined },
    ],
  ])('%s', (_, fields, expected) => {
    const body = bodyOf(fields) as unknown as Record<string, unknown>;
    expect(Object.fromEntries(Object.keys(expected).map((field) => [field, body[field]]))).toEqual(expected);
  });
  test('A5: a cache key over 64 characters is hashed to 64', () => {
    expect(bodyOf({ prompt_cache_key: long }).prompt_cache_key).toMatch(/^[0-9a-f]{64}$/);
  });
  test('effort and tier of a model alias apply unless the request says otherwise', () => {
    const alias = { model: { ...model, effort: 'high', serviceTier: 'priority' } };
    const asked = { model: 'm', input: '', reasoning: { effort: 'low' }, service_tier: 'flex' };
    const pick = ({ body }: ReturnType<typeof shape>) => [body.reasoning, body.service_tier];
    expect(pick(shape({ model: 'm', input: '' }, alias))).toEqual([{ effort: 'high' }, 'priority']);
    expect(pick(shape(asked, alias))).toEqual([{ effort: 'low' }, 'flex']);
  });
});

describe('tools of an SDK', () => {
  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { type: 'function', name: 'f', strict: null, parameters: null },
      { type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } },
    ],
    [
      {
        type: 'function',
        name: 'f',
        description: 'd',
        strict: true,
        parameters: { $schema: 'x', type: 'object', properties: {} },
        x: 1,
      },
      {
        type: 'function',
        name: 'f',
        description: 'd',
        strict: true,
        parameters: { type: 'object', properties: {}, additionalProperties: false },
      },
    ],
    [
      { type: 'custom', name: 'c', format: { type: 'text' } },
      { type: 'custom', name: 'c', format: { type: 'text' } },
    ],
    [
      { type: 'web_search_preview_2025_03_11', search_context_size: 'low' },
      { type: 'web_search', search_context_size: 'low' },
    ],
    [
      { type: 'image_generation', quality: 'low', url: 'x' },
      { type: 'image_generation', quality: 'low' },
    ],
    [
      { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'f', parameters: {} }] },
      {
        type: 'namespace',
        name: 'n',
        description: 'd',
        tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } }],
      },
    ],
  ])('%j', (tool, expected) => {
    expect(bodyOf({ tools: [tool] }).tools).toEqual([expected as never]);
  });
});

describe('what cannot be done is a 400 that names it', () => {
  const ofItem = (item: unknown) => ({ input: [{ role: 'user', content: 'Hi' }, item] });
  test.each<[string, string, Record<string, unknown>]>([
    ['invalid_request', 'model', { model: undefined }],
    ['invalid_request', 'input', { input: undefined }],
    ['invalid_request', 'input', { input: 5 }],
    ['invalid_request', 'stream', { stream: 'yes' }],
    ['invalid_request', 'input[0].type', { input: [{ text: 'Hi' }] }],
    ['unsupported_parameter', 'background', { background: true }],
    ['unsupported_parameter', 'conversation', { conversation: 'conv_1' }],
    ['unsupported_parameter', 'prompt', { prompt: { id: 'p' } }],
    ['unsupported_value', 'tools[1].type', { tools: [{ type: 'function', name: 'f' }, { type: 'mcp' }] }],
    ['unsupported_value', 'tools[0].type', { tools: [{ type: 'local_shell' }] }],
    ['invalid_request', 'tools[0].name', { tools: [{ type: 'function' }] }],
    ['unsupported_value', 'tool_choice.type', { tool_choice: { type: 'file_search' } }],
    ['invalid_request', 'input[1].role', ofItem({ role: 'tool', content: 'x' })],
    ['unsupported_value', 'input[1].type', ofItem({ type: 'mcp_call' })],
    ['item_not_found', 'input[1].id', ofItem({ id: 'msg_1' })],
    ['invalid_request', 'input[1].call_id', ofItem({ type: 'function_call_output', output: '' })],
    ['unsupported_value', 'input[1].content[0].type', ofItem({ role: 'user', content: [{ type: 'input_audio' }] })],
    [
      'unsupported_parameter',
      'input[1].content[0].file_id',
      ofItem({ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }),
    ],
  ])('%s %s', (code, param, fields) => {
    const namesIt = code !== 'item_not_found';
    expect(problemOf(() => bodyOf(fields))).toEqual([400, code, param, namesIt]);
  });
  test('background:false and null templates are fine', () => {
    expect(bodyOf({ background: false, conversation: null, prompt: null })).toEqual(bodyOf({}));
  });
});

test('a Lite body of another client is made a full one: nothing of the standard dialect stays beside it', () => {
  const tools = [{ type: 'function', name: 'f', parameters: {}, strict: false }];
  const { body, dialect } = shape({
    model: 'm',
    instructions: 'Be brief.',
    tools,
    input: [
      { type: 'additional_tools', role: 'developer', tools: [] },
      { role: 'user', content: [{ type: 'input_image', image_url: 'u', detail: 'low' }] },
    ],
  });
  expect([dialect, body]).toEqual([
    'lite',
    {
      model: 'gpt-5.5',
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [{ type: 'function', name: 'f', strict: false, parameters: { type: 'object', properties: {} } }],
        },
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'u' }] },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      reasoning: { context: 'all_turns' },
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'derived',
    },
  ]);
});
