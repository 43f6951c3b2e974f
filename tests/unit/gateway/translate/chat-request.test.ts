import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { context, translate, user } from './translate-chat.ts';

test('a plain request becomes exactly this upstream body', () => {
  const { body, declaredCustomTools, includeUsage, stream, legacyFunctions } = translate({});
  expect({ body, declaredCustomTools, includeUsage, stream, legacyFunctions }).toEqual({
    body: {
      model: 'gpt-6-sol',
      instructions: 'You are a helpful assistant.',
      input: [user('Hi')],
      parallel_tool_calls: true,
      reasoning: { effort: 'medium', summary: 'auto' },
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'derived',
    },
    declaredCustomTools: new Set(),
    includeUsage: false,
    stream: false,
    legacyFunctions: false,
  });
});

test('S3, S4, X5: nothing but the fields the upstream allows is ever sent, whatever the client sends', () => {
  const allowed =
    'model instructions input tools tool_choice parallel_tool_calls reasoning store stream include service_tier prompt_cache_key text client_metadata'.split(
      ' ',
    );
  const { body } = translate({
    response_format: { type: 'text' },
    tools: [{ type: 'web_search' }],
    service_tier: 'flex',
    store: true,
    temperature: 1,
    max_tokens: 5,
    include: ['x'],
    client_metadata: { a: 1 },
    base_url: 'https://evil.example',
    authorization: 'Bearer x',
    previous_response_id: 'resp_1',
    instructions: 'x',
  });
  expect(Object.keys(body).filter((field) => !allowed.includes(field))).toEqual([]);
  expect([body.store, body.include, body.client_metadata, body.instructions]).toEqual([
    false,
    ['reasoning.encrypted_content'],
    undefined,
    'You are a helpful assistant.',
  ]);
});

describe('S3: response_format becomes text.format', () => {
  const format = (json_schema: object) =>
    translate({ response_format: { type: 'json_schema', json_schema } }).body.text?.format;
  test('with a cleaned schema, and strict only when given', () => {
    const schema = { $schema: 'x', type: 'object', properties: { a: { type: 'string' } } };
    expect(format({ name: 'my answer', description: 'D', strict: true, schema })).toEqual({
      type: 'json_schema',
      name: 'my_answer',
      description: 'D',
      strict: true,
      schema: { type: 'object', properties: { a: { type: 'string' } } },
    });
    expect(format({ name: 'x'.repeat(70) })).toEqual({
      type: 'json_schema',
      name: 'x'.repeat(64),
      schema: { type: 'object' },
    });
    expect(format({ name: '' })?.['name']).toBe('response');
  });
  test('verbosity stands beside it', () => {
    expect(translate({ response_format: { type: 'text' }, verbosity: 'low' }).body.text).toEqual({
      format: { type: 'text' },
      verbosity: 'low',
    });
  });
});

describe('service_tier', () => {
  const fast = { ...context, model: { ...context.model, serviceTier: 'priority' as const } };
  const cases: [unknown, typeof context, string | undefined][] = [
    ['fast', context, 'priority'],
    ['priority', context, 'priority'],
    ['flex', context, 'flex'],
    ['auto', context, undefined],
    ['default', context, undefined],
    ['scale', context, undefined],
    [undefined, fast, 'priority'],
    ['auto', fast, 'priority'],
    ['flex', fast, 'flex'],
  ];
  test.each(cases)('%p', (service_tier, used, expected) => {
    expect(translate({ service_tier }, used).body.service_tier).toBe(expected as never);
  });
});

test("A5: the client's cache key is kept, hashed when too long, and derived when absent", () => {
  const keyOf = (prompt_cache_key: unknown) => translate({ prompt_cache_key }).body.prompt_cache_key;
  const long = 'k'.repeat(65);
  expect([keyOf('mine'), keyOf('k'.repeat(64)), keyOf(long), keyOf(''), keyOf(null)]).toEqual([
    'mine',
    'k'.repeat(64),
    createHash('sha256').update(long).digest('hex'),
    'derived',
    'derived',
  ]);
});

test('the usage chunk is for streams that ask for it', () => {
  const flags = (fields: Record<string, unknown>) => {
    const { stream, includeUsage } = translate(fields);
    return { stream, includeUsage };
  };
  const stream_options = { include_usage: true };
  expect(flags({ stream: true, stream_options })).toEqual({ stream: true, includeUsage: true });
  expect(flags({ stream: true })).toEqual({ stream: true, includeUsage: false });
  expect(flags({ stream: false, stream_options })).toEqual({ stream: false, includeUsage: false });
});
