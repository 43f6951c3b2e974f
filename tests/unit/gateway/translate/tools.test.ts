import { describe, expect, test } from 'bun:test';
import { refusalOf, translate } from './translate-chat.ts';

const tool = (name: string, more: object = {}) => ({ type: 'function', function: { name, ...more } });
const flat = (name: string, more: object = {}) => ({
  type: 'function',
  name,
  parameters: { type: 'object', properties: {} },
  strict: false,
  ...more,
});
const toolsOf = (...tools: unknown[]) => translate({ tools }).body.tools;

describe('tools', () => {
  const cases: [string, unknown, unknown][] = [
    ['a bare function gets parameters and strict:false', tool('f'), flat('f')],
    ['nulls are like absent fields', tool('f', { description: null, parameters: null, strict: null }), flat('f')],
    [
      'an object schema without properties gets some',
      tool('f', { description: 'F', parameters: { type: 'object' } }),
      flat('f', { description: 'F' }),
    ],
    [
      'what the upstream refuses is cut out of schemas at every depth, but not out of names and values',
      tool('f', {
        parameters: {
          $schema: 'http://json-schema.org/draft-07/schema#',
          type: 'object',
          cache_control: { type: 'ephemeral' },
          properties: {
            $schema: { type: 'string', defer_loading: true },
            list: { type: 'array', items: [{ anyOf: [{ $schema: 'x', type: 'null' }] }] },
            choice: { enum: [{ cache_control: 1 }], default: { $schema: 1 } },
          },
          required: ['$schema'],
        },
      }),
      flat('f', {
        parameters: {
          type: 'object',
          properties: {
            $schema: { type: 'string' },
            list: { type: 'array', items: [{ anyOf: [{ type: 'null' }] }] },
            choice: { enum: [{ cache_control: 1 }], default: { $schema: 1 } },
          },
          required: ['$schema'],
        },
      }),
    ],
    [
      'strict:true closes every object that says nothing, and leaves required alone',
      tool('f', {
        strict: true,
        parameters: {
          type: 'object',
          properties: {
            a: { type: ['object', 'null'], properties: {} },
            b: { type: 'object', additionalProperties: true },
            c: { properties: {} },
          },
          required: ['a'],
        },
      }),
      flat('f', {
        strict: true,
        parameters: {
          type: 'object',
          properties: {
            a: { type: ['object', 'null'], properties: {}, additionalProperties: false },
            b: { type: 'object', additionalProperties: true },
            c: { properties: {}, additionalProperties: false },
          },
          required: ['a'],
          additionalProperties: false,
        },
      }),
    ],
    [
      'a custom tool with a grammar is flattened',
      {
        type: 'custom',
        custom: {
          name: 'patch',
          description: 'P',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
        },
      },
      {
        type: 'custom',
        name: 'patch',
        description: 'P',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
      },
    ],
    [
      'a custom tool with a text format keeps it',
      { type: 'custom', custom: { name: 'note', format: { type: 'text' } } },
      { type: 'custom', name: 'note', format: { type: 'text' } },
    ],
    [
      'a web search has one spelling upstream',
      { type: 'web_search_preview', search_context_size: 'low', user_location: { type: 'approximate', city: 'Bonn' } },
      { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Bonn' } },
    ],
  ];
  test.each(cases)('%s', (_name, given, expected) => {
    expect(toolsOf(given)).toEqual([expected] as never);
  });

  test('without tools neither tools nor a choice are sent', () => {
    const { body } = translate({ tools: [], tool_choice: 'auto' });
    expect(['tools' in body, 'tool_choice' in body]).toEqual([false, false]);
  });
  test('web_search_options add the search, once', () => {
    const options = {
      search_context_size: 'high',
      user_location: { type: 'approximate', approximate: { country: 'DE' } },
    };
    expect(translate({ web_search_options: options }).body.tools).toEqual([
      { type: 'web_search', search_context_size: 'high', user_location: { type: 'approximate', country: 'DE' } },
    ]);
    expect(translate({ web_search_options: {}, tools: [{ type: 'web_search' }] }).body.tools).toEqual([
      { type: 'web_search' },
    ]);
  });
  test('legacy functions become tools, one call at a time, and are answered in their own form', () => {
    const translation = translate({ functions: [{ name: 'f', description: 'F' }], function_call: { name: 'f' } });
    const { tools, tool_choice, parallel_tool_calls } = translation.body;
    expect({ tools, tool_choice, parallel_tool_calls, legacy: translation.legacyFunctions }).toEqual({
      tools: [flat('f', { description: 'F' })],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
      legacy: true,
    });
    expect(translate({ functions: [{ name: 'f' }], tools: [tool('g')] }).legacyFunctions).toBe(false);
  });
  test('the custom tools are known by the name the client gave them', () => {
    const name = 'a tool with spaces';
    const { body, declaredCustomTools, names } = translate({
      tools: [tool('f'), { type: 'custom', custom: { name } }],
    });
    expect([...declaredCustomTools]).toEqual([name]);
    expect(body.tools?.[1]).toEqual({ type: 'custom', name: 'a_tool_with_spaces' });
    expect(names.toClient('a_tool_with_spaces')).toBe(name);
  });
});

describe('tool_choice', () => {
  const tools = [tool('f'), { type: 'custom', custom: { name: 'p' } }, { type: 'web_search' }];
  const cases: [string, unknown, unknown][] = [
    ['absent is auto', undefined, 'auto'],
    ['auto', 'auto', 'auto'],
    ['none', 'none', 'none'],
    ['required', 'required', 'required'],
    ['a function', { type: 'function', function: { name: 'f' } }, { type: 'function', name: 'f' }],
    ['a custom tool', { type: 'custom', custom: { name: 'p' } }, { type: 'custom', name: 'p' }],
    [
      'allowed tools',
      {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'required',
          tools: [
            { type: 'function', function: { name: 'f' } },
            { type: 'custom', custom: { name: 'p' } },
            { type: 'web_search_preview' },
          ],
        },
      },
      {
        type: 'allowed_tools',
        mode: 'required',
        tools: [{ type: 'function', name: 'f' }, { type: 'custom', name: 'p' }, { type: 'web_search' }],
      },
    ],
  ];
  test.each(cases)('%s', (_name, tool_choice, expected) => {
    expect(translate({ tools, tool_choice }).body.tool_choice).toEqual(expected as never);
  });
  const refusals: [string, Record<string, unknown>, string][] = [
    ['required without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['an undeclared function', { tools, tool_choice: { type: 'function', function: { name: 'x' } } }, 'tool_choice'],
    [
      'a function that is a custom tool',
      { tools, tool_choice: { type: 'function', function: { name: 'p' } } },
      'tool_choice',
    ],
    ['an undeclared legacy function', { functions: [{ name: 'f' }], function_call: { name: 'x' } }, 'function_call'],
  ];
  test.each(refusals)('F6: %s is a 400', (_name, fields, param) => {
    expect(refusalOf(fields)).toEqual({ status: 400, code: 'invalid_request', param });
  });
});

test('S14: a long tool name is shortened alike in tools, choice and history, and is restored', () => {
  const name = `mcp__${'a-very-long-server-name-'.repeat(3)}__read_file`;
  const { body, names } = translate({
    tools: [tool(name)],
    tool_choice: { type: 'function', function: { name } },
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'ok' },
    ],
  });
  const short = 'mcp__read_file';
  expect([body.tools?.[0]?.['name'], body.tool_choice, body.input[1]?.['name'], names.toClient(short)]).toEqual([
    short,
    { type: 'function', name: short },
    short,
    name,
  ]);
});
