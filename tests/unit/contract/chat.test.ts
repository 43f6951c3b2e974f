import { describe, expect, test } from 'bun:test';
import { parseChatRequest } from '../../../server/contract/chat.ts';
import { AppError } from '../../../server/core/errors.ts';

const user = { role: 'user', content: 'Hi' };

function problemOf(body: unknown): { param: string | undefined; message: string; status: number; code: string } {
  try {
    parseChatRequest(body);
  } catch (error) {
    if (error instanceof AppError) {
      return { param: error.details.param, message: error.message, status: error.status, code: error.code };
    }
    throw error;
  }
  throw new Error('The request was accepted.');
}

const withMessage = (message: unknown) => ({ model: 'm', messages: [user, message] });
const withFields = (fields: object) => ({ model: 'm', messages: [user], ...fields });

describe('F6: the first problem is a 400 that names the parameter as OpenAI writes it', () => {
  const cases: [string, unknown, string | undefined, string][] = [
    ['not an object', [], undefined, 'The request body must be a JSON object.'],
    ['null', null, undefined, 'The request body must be a JSON object.'],
    ['no model', { messages: [user] }, 'model', "Missing required parameter: 'model'."],
    ['empty model', { model: '', messages: [user] }, 'model', 'Too small'],
    ['no messages', { model: 'm' }, 'messages', "Missing required parameter: 'messages'."],
    ['empty messages', { model: 'm', messages: [] }, 'messages', 'expected at least one message'],
    ['messages as text', { model: 'm', messages: 'Hi' }, 'messages', 'expected array, received string'],
    ['a message as text', { model: 'm', messages: ['Hi'] }, 'messages[0]', 'expected object, received string'],
    ['no role', withMessage({ content: 'x' }), 'messages[1].role', "Missing required parameter: 'messages[1].role'."],
    ['unknown role', withMessage({ role: 'bot', content: 'x' }), 'messages[1].role', '"assistant", "tool", "function"'],
    ['no content', withMessage({ role: 'user' }), 'messages[1].content', 'Missing required parameter'],
    [
      'null content',
      withMessage({ role: 'user', content: null }),
      'messages[1].content',
      'expected a string or an array',
    ],
    [
      'number content',
      withMessage({ role: 'user', content: 7 }),
      'messages[1].content',
      'expected a string or an array',
    ],
    [
      'no parts',
      withMessage({ role: 'user', content: [] }),
      'messages[1].content',
      'expected at least one content part',
    ],
    [
      'unknown part',
      withMessage({ role: 'user', content: [{ type: 'text', text: 'x' }, { type: 'video' }] }),
      'messages[1].content[1].type',
      'expected one of "text", "image_url"',
    ],
    [
      'image without a url',
      withMessage({ role: 'user', content: [{ type: 'image_url', image_url: {} }] }),
      'messages[1].content[0].image_url.url',
      'Missing required parameter',
    ],
    [
      'image in a system message',
      withMessage({ role: 'system', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }),
      'messages[1].content[0].type',
      'expected one of "text"',
    ],
    [
      'tool result without its call',
      withMessage({ role: 'tool', content: 'x' }),
      'messages[1].tool_call_id',
      'Missing required parameter',
    ],
    [
      'tool call without a name',
      withMessage({ role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { arguments: '{}' } }] }),
      'messages[1].tool_calls[0].function.name',
      'Missing required parameter',
    ],
    [
      'tool call of an unknown type',
      withMessage({ role: 'assistant', tool_calls: [{ id: 'c', type: 'mcp' }] }),
      'messages[1].tool_calls[0].type',
      'expected one of "function", "custom"',
    ],
    [
      'arguments as a number',
      withMessage({
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: 3 } }],
      }),
      'messages[1].tool_calls[0].function.arguments',
      'expected a string of JSON',
    ],
    ['stream as text', withFields({ stream: 'true' }), 'stream', 'expected boolean, received string'],
    ['unknown tool type', withFields({ tools: [{ type: 'mcp' }] }), 'tools[0].type', 'expected one of "function"'],
    ['tool without its function', withFields({ tools: [{ type: 'function' }] }), 'tools[0].function', 'Missing'],
    ['tool without its custom', withFields({ tools: [{ type: 'custom' }] }), 'tools[0].custom', 'Missing'],
    ['tool choice', withFields({ tool_choice: 'any' }), 'tool_choice', 'expected "none", "auto", "required"'],
    [
      'tool choice without a name',
      withFields({ tool_choice: { type: 'function', function: {} } }),
      'tool_choice.function.name',
      'Missing',
    ],
    ['response format', withFields({ response_format: { type: 'xml' } }), 'response_format.type', '"json_schema"'],
    ['verbosity', withFields({ verbosity: 'loud' }), 'verbosity', 'expected one of "low"|"medium"|"high"'],
    ['camel case', withFields({ textVerbosity: 'loud' }), 'verbosity', 'expected one of'],
    ['n as a fraction', withFields({ n: 1.5 }), 'n', 'expected int'],
  ];
  test.each(cases)('%s', (_name, body, param, message) => {
    expect(problemOf(body)).toEqual({
      param,
      message: expect.stringContaining(message),
      status: 400,
      code: 'invalid_request',
    });
  });
});

test('unknown keys are accepted everywhere and left out', () => {
  const request = parseChatRequest({
    model: 'm',
    vendor: 1,
    temperature: 'hot',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: {} }], name: 'bob', id: 1 },
      { role: 'assistant', content: null, refusal: null, annotations: [], audio: null, reasoning_content: 'hm' },
    ],
  });
  expect(JSON.parse(JSON.stringify(request))).toEqual({
    model: 'm',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: null, refusal: null },
    ],
  });
});

test('camel-case fields of ai-sdk mean the snake-case ones when those are absent', () => {
  const camel = {
    parallelToolCalls: false,
    promptCacheKey: 'k',
    serviceTier: 'flex',
    reasoningSummary: 'detailed',
    reasoningEffort: 'high',
    textVerbosity: 'low',
  };
  expect(parseChatRequest(withFields(camel))).toMatchObject({
    parallel_tool_calls: false,
    prompt_cache_key: 'k',
    service_tier: 'flex',
    reasoning_summary: 'detailed',
    reasoning_effort: 'high',
    verbosity: 'low',
  });
  const both = parseChatRequest(withFields({ reasoningEffort: 'high', reasoning_effort: 'low' }));
  expect(both.reasoning_effort).toBe('low');
});

test('null means absent for every optional field', () => {
  const fields = [
    'stream stream_options tools tool_choice parallel_tool_calls functions function_call web_search_options',
    'response_format verbosity reasoning_effort reasoning_summary reasoning service_tier prompt_cache_key n audio',
    'modalities moderation',
  ];
  const nulls = Object.fromEntries(fields.flatMap((line) => line.split(' ')).map((field) => [field, null]));
  expect(problemOfOrNothing(withFields(nulls))).toBeUndefined();
});

function problemOfOrNothing(body: unknown): string | undefined {
  try {
    parseChatRequest(body);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

test('a function call whose type was left out is one', () => {
  const call = { id: 'call_1', function: { name: 'look', arguments: '{}' } };
  const { messages } = parseChatRequest(withMessage({ role: 'assistant', tool_calls: [call] }));
  expect(messages[1]).toMatchObject({ tool_calls: [{ ...call, type: 'function' }] });
});
