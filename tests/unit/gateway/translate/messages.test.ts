import { describe, expect, test } from 'bun:test';
import { assistant, developer, refusalOf, translate, translateMessages, user } from './translate-chat.ts';

const hi = { role: 'user', content: 'Hi' };
const call = (id: string, name = 'f', args: unknown = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const functionCall = (callId: string, name = 'f', args = '{}') => ({
  type: 'function_call',
  call_id: callId,
  name,
  arguments: args,
});
const output = (callId: string, text: unknown) => ({ type: 'function_call_output', call_id: callId, output: text });

describe('system and developer messages', () => {
  test('those before the first user message become the instructions, parts as lines, joined by blank lines', () => {
    const parts = [
      { type: 'text', text: 'Be kind.' },
      { type: 'text', text: 'Be short.' },
    ];
    expect(
      translateMessages({ role: 'system', content: 'You are Bob.' }, { role: 'developer', content: parts }, hi),
    ).toEqual({ instructions: 'You are Bob.\n\nBe kind.\nBe short.', input: [user('Hi')] });
  });
  test('without any, default instructions are sent, because the upstream requires some', () => {
    expect(translateMessages(hi)).toEqual({ instructions: 'You are a helpful assistant.', input: [user('Hi')] });
    expect(translateMessages({ role: 'system', content: '' }, hi)).toEqual({
      instructions: 'You are a helpful assistant.',
      input: [user('Hi')],
    });
  });
  test('without a user message they are the instructions wherever they stand', () => {
    expect(
      translateMessages({ role: 'assistant', content: 'Hello' }, { role: 'system', content: 'You are Bob.' }),
    ).toEqual({ instructions: 'You are Bob.', input: [assistant('Hello')] });
  });
  test('one after the first user message stays in place as a developer message', () => {
    expect(
      translateMessages(hi, { role: 'system', content: 'Now in French.' }, { role: 'user', content: 'And?' }),
    ).toEqual({
      instructions: 'You are a helpful assistant.',
      input: [user('Hi'), developer('Now in French.'), user('And?')],
    });
  });
  test('when there is nothing else they are the input, which must not be empty', () => {
    expect(translateMessages({ role: 'system', content: 'Say hi.' })).toEqual({
      instructions: 'You are a helpful assistant.',
      input: [developer('Say hi.')],
    });
  });
  test('S3: for json_object they stay in the input, where the upstream looks for the word "json"', () => {
    const messages = [{ role: 'system', content: 'Reply with JSON.' }, hi];
    const { body } = translate({ messages, response_format: { type: 'json_object' } });
    expect([body.instructions, body.input, body.text]).toEqual([
      'You are a helpful assistant.',
      [developer('Reply with JSON.'), user('Hi')],
      { format: { type: 'json_object' } },
    ]);
  });
  test('S3: for json_object without the word "json" a developer message brings it', () => {
    const { body } = translate({ response_format: { type: 'json_object' } });
    expect(body.input).toEqual([developer('Answer in JSON.'), user('Hi')]);
  });
});

describe('user content', () => {
  const content = (...parts: unknown[]) => translateMessages({ role: 'user', content: parts }).input[0]?.['content'];
  test('text, images and files become input parts, without the keys only clients know', () => {
    expect(
      content(
        { type: 'text', text: 'What is it?', cache_control: { type: 'ephemeral' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
      ),
    ).toEqual([
      { type: 'input_text', text: 'What is it?' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
    ]);
  });
  const refusals: [string, unknown, string, string][] = [
    ['audio', { type: 'input_audio', input_audio: { data: '', format: 'wav' } }, 'unsupported_value', ''],
    ['a stored file', { type: 'file', file: { file_id: 'file-1' } }, 'unsupported_parameter', '.file.file_id'],
    ['a file without content', { type: 'file', file: {} }, 'invalid_request', '.file.file_data'],
  ];
  test.each(refusals)('%s is a 400 that names the part', (_name, part, code, field) => {
    expect(refusalOf({ messages: [hi, { role: 'user', content: [{ type: 'text', text: '' }, part] }] })).toEqual({
      status: 400,
      code,
      param: `messages[1].content[1]${field}`,
    });
  });
});

describe('assistant messages', () => {
  test('text and refusals are kept, what only clients know is dropped', () => {
    const { input } = translateMessages(
      hi,
      { role: 'assistant', content: 'Hello', refusal: null, annotations: [], reasoning_content: 'hm', name: 'bot' },
      { role: 'assistant', content: null, refusal: 'No.' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'One' },
          { type: 'text', text: '' },
          { type: 'refusal', refusal: 'Two' },
        ],
        refusal: 'Two',
      },
    );
    expect(input.slice(1)).toEqual([
      assistant('Hello'),
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'One' },
          { type: 'refusal', refusal: 'Two' },
        ],
      },
    ]);
  });
  test.each([[null], [''], [[]], [[{ type: 'text', text: '' }]], [undefined]])(
    'empty content %j makes no message item before the calls',
    (content) => {
      const { input } = translateMessages(
        hi,
        { role: 'assistant', content, tool_calls: [call('c1')] },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      );
      expect(input.slice(1)).toEqual([functionCall('c1'), output('c1', 'ok')]);
    },
  );
  test('S14: parallel calls follow their text in order, and arguments given as an object are written as JSON', () => {
    const { input } = translateMessages(
      hi,
      {
        role: 'assistant',
        content: 'Wait.',
        tool_calls: [
          call('c1', 'f', { a: 1 }),
          call('c2', 'g', ''),
          { id: 'c3', type: 'custom', custom: { name: 'p', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c2', name: 'g', content: [{ type: 'text', text: 'two' }] },
      { role: 'tool', tool_call_id: 'c1', content: '' },
      { role: 'tool', tool_call_id: 'c3', content: 'three' },
    );
    expect(input.slice(1)).toEqual([
      assistant('Wait.'),
      functionCall('c1', 'f', '{"a":1}'),
      functionCall('c2', 'g'),
      { type: 'custom_tool_call', call_id: 'c3', name: 'p', input: 'x' },
      output('c2', 'two'),
      output('c1', ''),
      { type: 'custom_tool_call_output', call_id: 'c3', output: 'three' },
    ]);
  });
});

test('tool results of several parts or with images are sent as parts', () => {
  const { input } = translateMessages(
    hi,
    { role: 'assistant', tool_calls: [call('c1'), call('c2')] },
    { role: 'tool', tool_call_id: 'c1', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] },
    { role: 'tool', tool_call_id: 'c2', content: [] },
  );
  expect(input.slice(3)).toEqual([output('c1', [{ type: 'input_image', image_url: 'data:,' }]), output('c2', '')]);
});

test('legacy function calls and their results are matched by name, in order', () => {
  const { input } = translateMessages(
    hi,
    { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
    { role: 'function', name: 'f', content: 'one' },
    { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":2}' } },
    { role: 'function', name: 'f', content: null },
  );
  const [first, second] = [input[1], input[3]].map((item) => String(item?.['call_id']));
  expect(first).not.toBe(second);
  expect(input.slice(1)).toEqual([
    functionCall(String(first), 'f', '{"a":1}'),
    output(String(first), 'one'),
    functionCall(String(second), 'f', '{"a":2}'),
    output(String(second), ''),
  ]);
});

describe('S14: call ids the upstream does not take', () => {
  const long = 'x'.repeat(65);
  const history = [
    hi,
    { role: 'assistant', tool_calls: [call(long), call('functions.f:0')] },
    { role: 'tool', tool_call_id: 'functions.f:0', content: 'two' },
    { role: 'tool', tool_call_id: long, content: 'one' },
  ];
  test('are shortened the same way in calls and outputs, and the same way each time', () => {
    const { input } = translateMessages(...history);
    const [one, two] = [input[1], input[2]].map((item) => String(item?.['call_id']));
    expect([one, two]).toEqual([
      expect.stringMatching(/^call_[0-9a-f]{40}$/),
      expect.stringMatching(/^call_[0-9a-f]{40}$/),
    ]);
    expect(input.slice(3)).toEqual([output(String(two), 'two'), output(String(one), 'one')]);
    expect(translateMessages(...history).input).toEqual(input);
  });
  test('64 ordinary characters are left alone', () => {
    const id = 'call_'.padEnd(64, 'A-');
    const { input } = translateMessages(hi, { role: 'assistant', tool_calls: [call(id)] });
    expect(input[1]?.['call_id']).toBe(id);
  });
});

describe('F6: histories that do not add up are repaired', () => {
  test('a call without an output gets "aborted", right behind it and in its own kind', () => {
    const { input } = translateMessages(
      hi,
      { role: 'assistant', tool_calls: [call('c1'), { id: 'c2', type: 'custom', custom: { name: 'p', input: '' } }] },
      { role: 'user', content: 'Never mind.' },
    );
    expect(input.slice(1)).toEqual([
      functionCall('c1'),
      output('c1', 'aborted'),
      { type: 'custom_tool_call', call_id: 'c2', name: 'p', input: '' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'aborted' },
      user('Never mind.'),
    ]);
  });
  test('an output without a call, or a second one, is told as a user message', () => {
    const { input } = translateMessages(
      { role: 'tool', tool_call_id: 'gone', content: 'zero' },
      hi,
      { role: 'assistant', tool_calls: [call('c1')] },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'tool', tool_call_id: 'c1', content: 'again' },
      { role: 'function', name: 'f', content: 'old' },
    );
    const told = (id: string, text: string) => ({
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: `Result of the tool call ${id}:` },
        { type: 'input_text', text },
      ],
    });
    expect(input).toEqual([
      told('gone', 'zero'),
      user('Hi'),
      functionCall('c1'),
      output('c1', 'one'),
      told('c1', 'again'),
      told('f', 'old'),
    ]);
  });
  test('a call id used again in a later turn gets an id of its own, and so does its output', () => {
    const { input } = translateMessages(
      hi,
      { role: 'assistant', tool_calls: [call('call_0')] },
      { role: 'tool', tool_call_id: 'call_0', content: 'one' },
      { role: 'assistant', tool_calls: [call('call_0')] },
      { role: 'tool', tool_call_id: 'call_0', content: 'two' },
    );
    const second = String(input[3]?.['call_id']);
    expect(second).not.toBe('call_0');
    expect(input.slice(1)).toEqual([
      functionCall('call_0'),
      output('call_0', 'one'),
      functionCall(second),
      output(second, 'two'),
    ]);
  });
});
