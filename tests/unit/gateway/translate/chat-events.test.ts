import { describe, expect, test } from 'bun:test';
import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { answerTo, type ChatTestOptions } from '../../../support/chat-answers.ts';
import { eventFromText, eventOf } from '../../../support/upstream-events.ts';

const completed: EventJson = { type: 'response.completed', response: { status: 'completed', output: [] } };
const textPart = (text: string, annotations: unknown[] = []) => ({ type: 'output_text', text, annotations });
const message = (id: string, ...content: unknown[]) => ({ id, type: 'message', role: 'assistant', content });
const added = (output_index: number, item: unknown): EventJson => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
const done = (output_index: number, item: unknown): EventJson => ({
  ...added(output_index, item),
  type: 'response.output_item.done',
});
const text = (item_id: string, content_index: number, delta: string): EventJson => ({
  type: 'response.output_text.delta',
  item_id,
  output_index: 0,
  content_index,
  delta,
});
const call = (id: string, args: unknown, name = 'read_tide') => ({
  id: `fc_${id}`,
  type: 'function_call',
  call_id: `call_${id}`,
  name,
  arguments: args,
});
const customCall = (input: string) => ({
  id: 'ctc_1',
  type: 'custom_tool_call',
  call_id: 'call_1',
  name: 'say',
  input,
});
const args = (fields: Record<string, unknown>): EventJson => ({
  type: 'response.function_call_arguments.delta',
  ...fields,
});

/** The answer to these events and a completed response, streamed and whole alike. */
function answer(events: EventJson[], options: ChatTestOptions = {}): Record<string, unknown> {
  return answerTo([...events, completed].map(eventOf), options);
}

function says(content: string | null, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return { finish_reason: 'stop', role: 'assistant', content, refusal: null, ...rest };
}

function calls(...pairs: [id: string, args: string, name?: string][]): Record<string, unknown> {
  const toolCalls = pairs.map(([id, payload, name = 'read_tide']) => ({
    id: `call_${id}`,
    type: 'function',
    function: { name, arguments: payload },
  }));
  return says(null, { finish_reason: 'tool_calls', tool_calls: toolCalls });
}

describe('text', () => {
  const spoken = textPart('Hello');
  test.each<[string, EventJson[], string]>([
    [
      'deltas, then every kind of done',
      [
        text('m', 0, 'Hel'),
        text('m', 0, 'lo'),
        { type: 'response.output_text.done', item_id: 'm', output_index: 0, content_index: 0, text: 'Hello' },
        { type: 'response.content_part.done', item_id: 'm', output_index: 0, content_index: 0, part: spoken },
        done(0, message('m', spoken)),
      ],
      'Hello',
    ],
    [
      'output_text.done only',
      [
        { type: 'response.output_text.done', item_id: 'm', output_index: 0, content_index: 0, text: 'Hello' },
        done(0, message('m', spoken)),
      ],
      'Hello',
    ],
    ['the finished item only', [done(0, message('m', spoken))], 'Hello'],
    [
      'deltas that name no item',
      [
        { type: 'response.output_text.delta', delta: 'Hel' },
        { type: 'response.output_text.delta', delta: 'lo' },
        done(0, message('m', spoken)),
      ],
      'Hello',
    ],
    ['an empty delta, then the finished item', [text('m', 0, ''), done(0, message('m', spoken))], 'Hello'],
    [
      'one part by deltas and one by the finished item',
      [text('m', 0, 'Hello'), done(0, message('m', spoken, textPart(' you')))],
      'Hello you',
    ],
    [
      'the second part by deltas, the first never',
      [added(0, message('m')), text('m', 1, 'B'), done(0, message('m', textPart('A'), textPart('B')))],
      'BA',
    ],
    [
      'two messages',
      [text('a', 0, 'One. '), done(0, message('a', textPart('One. '))), done(1, message('b', textPart('Two.')))],
      'One. Two.',
    ],
    [
      'F12: words that sound like a failure',
      [text('m', 0, 'error: server_is_overloaded, rate limit reached')],
      'error: server_is_overloaded, rate limit reached',
    ],
    ['the finished item twice', [done(0, message('m', spoken)), done(0, message('m', spoken))], 'Hello'],
    [
      'private and progress events between',
      [
        { type: 'keepalive' },
        text('m', 0, 'Hel'),
        { type: 'codex.rate_limits', delta: 'x' },
        { type: 'response.metadata' },
        text('m', 0, 'lo'),
      ],
      'Hello',
    ],
  ])('is told once: %s', (_, events, content) => {
    expect(answer(events)).toEqual(says(content));
  });

  test('S8: an answer that only stands in the terminal output is told from there', () => {
    const output = [
      { id: 'r', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] },
      message('m', textPart('Hi')),
      call('1', '{}'),
    ];
    const events = [{ type: 'response.completed', response: { status: 'completed', output } }].map(eventOf);
    expect(answerTo(events)).toEqual({ ...calls(['1', '{}']), content: 'Hi', reasoning_content: 'Hm' });
  });

  test('S8: a terminal output is not told again, whatever told it before', () => {
    const ending = eventOf({
      type: 'response.completed',
      response: { output: [message('m', textPart('Hi')), call('1', '{}')] },
    });
    const events = [
      text('m', 0, 'Hi'),
      added(1, call('1', '')),
      args({ item_id: 'fc_1', output_index: 1, delta: '{}' }),
    ].map(eventOf);
    const items = [done(0, message('other', textPart('Hi'))), done(1, call('1', '{}'))].map(eventOf);
    const expected = { ...calls(['1', '{}']), content: 'Hi' };
    expect([answerTo([...events, ending]), answerTo([...items, ending])]).toEqual([expected, expected]);
  });

  test('a truncated answer keeps its text and says why it ended', () => {
    const ending = {
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    };
    expect(answerTo([text('m', 0, 'Hel'), ending].map(eventOf))).toEqual(says('Hel', { finish_reason: 'length' }));
  });
});

describe('refusals', () => {
  const part = { type: 'refusal', refusal: 'No.' };
  test.each<[string, EventJson[]]>([
    [
      'deltas',
      [
        { type: 'response.refusal.delta', item_id: 'm', output_index: 0, content_index: 0, delta: 'No.' },
        { type: 'response.refusal.done', item_id: 'm', output_index: 0, content_index: 0, refusal: 'No.' },
        done(0, message('m', part)),
      ],
    ],
    [
      'refusal.done',
      [{ type: 'response.refusal.done', item_id: 'm', output_index: 0, content_index: 0, refusal: 'No.' }],
    ],
    ['the finished item', [done(0, message('m', part))]],
  ])('are told once, beside a null content: %s', (_, events) => {
    expect(answer(events)).toEqual(says(null, { refusal: 'No.' }));
  });
});

describe('reasoning', () => {
  const delta = (summary_index: number, piece: string): EventJson => ({
    type: 'response.reasoning_summary_text.delta',
    item_id: 'r',
    output_index: 0,
    summary_index,
    delta: piece,
  });
  const item = (id: string, ...texts: string[]) => ({
    id,
    type: 'reasoning',
    summary: texts.map((one) => ({ type: 'summary_text', text: one })),
  });
  test.each<[string, EventJson[], string]>([
    ['deltas of two parts', [delta(0, 'A'), delta(0, 'B'), delta(1, 'C'), done(0, item('r', 'AB', 'C'))], 'AB\n\nC'],
    [
      'summary_text.done',
      [
        { type: 'response.reasoning_summary_text.done', item_id: 'r', output_index: 0, summary_index: 0, text: 'A' },
        done(0, item('r', 'A', 'B')),
      ],
      'A\n\nB',
    ],
    ['two finished items', [done(0, item('r', 'A')), done(1, item('s', 'B'))], 'A\n\nB'],
    [
      'reasoning as it is',
      [
        { type: 'response.reasoning_text.delta', item_id: 'r', output_index: 0, content_index: 0, delta: 'raw' },
        done(0, { ...item('r', 'short'), content: [{ type: 'reasoning_text', text: 'raw' }] }),
      ],
      'raw\n\nshort',
    ],
  ])('is told once, with an empty line between parts: %s', (_, events, reasoning) => {
    expect(answer(events)).toEqual(says('', { reasoning_content: reasoning }));
  });
});

describe('tool calls', () => {
  const open = added(0, call('1', ''));
  const closed = done(0, call('1', '{"a":1}'));
  const pieces = ['{"a"', ':1}'].map((delta) => args({ item_id: 'fc_1', output_index: 0, delta }));
  const argumentsDone = {
    type: 'response.function_call_arguments.done',
    item_id: 'fc_1',
    output_index: 0,
    arguments: '{"a":1}',
  };
  test.each<[string, EventJson[]]>([
    ['added, deltas, done, item done', [open, ...pieces, argumentsDone, closed]],
    ['added, done, item done', [open, argumentsDone, closed]],
    ['added, item done', [open, closed]],
    ['added with its arguments, item done', [added(0, call('1', '{"a":1}')), closed]],
    ['item done', [closed]],
    ['deltas, item done', [...pieces, closed]],
    ['deltas before added', [...pieces, open, argumentsDone, closed]],
    ['added without a name, deltas, item done', [added(0, { id: 'fc_1', type: 'function_call' }), ...pieces, closed]],
    ['deltas that name the index only', [open, ...pieces.map(({ item_id: _, ...rest }) => rest), closed]],
    ['deltas that name the id only', [open, ...pieces.map(({ output_index: _, ...rest }) => rest), closed]],
    ['S14: arguments that are an object', [open, done(0, call('1', { a: 1 }))]],
  ])('S1: arguments are told once and parse: %s', (_, events) => {
    expect(answer(events)).toEqual(calls(['1', '{"a":1}']));
  });

  test('S1: a call without arguments has an empty object, which parses', () => {
    expect(answer([open, done(0, call('1', ''))])).toEqual(calls(['1', '{}']));
  });

  test('S14: interleaved parallel calls keep their own arguments, counted in the order of their announcement', () => {
    const piece = (id: string, output_index: number, delta: string) =>
      args({ item_id: `fc_${id}`, output_index, delta });
    const events = [
      added(3, call('1', '')),
      piece('1', 3, '{"p":'),
      added(5, call('2', '', 'read_wind')),
      piece('2', 5, '{"h"'),
      piece('1', 3, '1}'),
      piece('2', 5, ':2}'),
      done(5, call('2', '{"h":2}', 'read_wind')),
      done(3, call('1', '{"p":1}')),
    ];
    expect(answer(events)).toEqual(calls(['1', '{"p":1}'], ['2', '{"h":2}', 'read_wind']));
  });

  test('S14: parallel calls that all say output_index 0 are told apart by their ids', () => {
    const events = ['1', '2'].flatMap((id) => [
      added(0, call(id, '')),
      args({ item_id: `fc_${id}`, output_index: 0, delta: `{"n":${id}}` }),
    ]);
    const ends = ['1', '2'].map((id) => done(0, call(id, `{"n":${id}}`)));
    expect(answer([...events, ...ends])).toEqual(calls(['1', '{"n":1}'], ['2', '{"n":2}']));
  });

  test('S14: a shortened name comes back as the client declared it', () => {
    const long = `mcp__tides__${'x'.repeat(80)}`;
    const toClientName = (name: string) => (name === 'mcp__short' ? long : name);
    expect(answer([done(0, call('1', '{}', 'mcp__short'))], { toClientName })).toEqual(calls(['1', '{}', long]));
  });

  test('text before a call stays, and the calls decide the finish reason', () => {
    expect(answer([text('m', 0, 'Let me see.'), done(1, call('1', '{}'))])).toEqual({
      ...calls(['1', '{}']),
      content: 'Let me see.',
    });
  });

  const input = [
    added(0, customCall('')),
    { type: 'response.custom_tool_call_input.delta', item_id: 'ctc_1', output_index: 0, delta: 'a "b"' },
    { type: 'response.custom_tool_call_input.done', item_id: 'ctc_1', output_index: 0, input: 'a "b"' },
    done(0, customCall('a "b"')),
  ];
  test('a custom call is told in the custom form to who declared it, as a function to others', () => {
    const custom = { id: 'call_1', type: 'custom', custom: { name: 'say', input: 'a "b"' } };
    const asFunction = { id: 'call_1', type: 'function', function: { name: 'say', arguments: 'a "b"' } };
    expect([
      answer(input, { customTools: new Set(['say']) })['tool_calls'],
      answer(input.slice(-1), { customTools: new Set(['say']) })['tool_calls'],
      answer(input)['tool_calls'],
    ]).toEqual([[custom], [custom], [asFunction]]);
  });

  test('a client of legacy functions gets one function_call', () => {
    expect(answer([open, ...pieces, closed], { legacyFunctions: true })).toEqual(
      says(null, { finish_reason: 'function_call', function_call: { name: 'read_tide', arguments: '{"a":1}' } }),
    );
  });
});

describe('annotations and images', () => {
  const link = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 1, end_index: 3 };
  const told = {
    type: 'url_citation',
    url_citation: { url: 'https://a.example', title: 'A', start_index: 1, end_index: 3 },
  };
  const event = {
    type: 'response.output_text.annotation.added',
    item_id: 'm',
    output_index: 0,
    content_index: 0,
    annotation_index: 0,
    annotation: link,
  };
  test.each<[string, EventJson[], unknown[]]>([
    [
      'by their event and the finished item',
      [text('m', 0, 'abc'), event, done(0, message('m', textPart('abc', [link])))],
      [told],
    ],
    ['by the finished item', [text('m', 0, 'abc'), done(0, message('m', textPart('abc', [link, link])))], [told, told]],
    [
      'without those chat clients cannot use',
      [text('m', 0, 'abc'), done(0, message('m', textPart('abc', [{ type: 'file_citation', file_id: 'f' }, link])))],
      [told],
    ],
  ])('links are told once: %s', (_, events, annotations) => {
    expect(answer(events)).toEqual(says('abc', { annotations }));
  });

  test('a generated image is told as a data URL of its format', () => {
    const image = (id: string, fields: object) =>
      done(0, { id, type: 'image_generation_call', result: 'AAAA', ...fields });
    const url = (format: string) => ({ type: 'image_url', image_url: { url: `data:image/${format};base64,AAAA` } });
    expect(answer([image('i', { output_format: 'webp' }), image('j', {}), image('k', { result: null })])).toEqual(
      says('', { images: [url('webp'), url('png')] }),
    );
  });
});

describe('the way an event is written does not matter', () => {
  test.each([
    [
      'spaces',
      '{"type": "response.output_text.delta", "content_index": 0, "delta": "x \\"y\\"", "item_id": "m", "output_index": 0}',
    ],
    [
      'a space before the colon',
      '{"type" :"response.output_text.delta","delta" : "x \\"y\\"","item_id" : "m","content_index" : 0}',
    ],
    [
      'the type last',
      '{"delta":"x \\"y\\"","item_id":"m","output_index":0,"content_index":0,"type":"response.output_text.delta"}',
    ],
    [
      'the delta last',
      '{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"x \\"y\\""}',
    ],
    [
      'lines',
      '{\n  "type": "response.output_text.delta",\n  "delta": "x \\"y\\"",\n  "item_id": "m",\n  "content_index":\n0\n}',
    ],
    [
      'an item id with escapes',
      '{"type":"response.output_text.delta","delta":"x \\"y\\"","item_id":"\\u006d","output_index":0,"content_index":0}',
    ],
  ])('%s', (_, data) => {
    const events = [
      eventOf(added(0, message('m'))),
      eventFromText(data),
      eventOf(done(0, message('m', textPart('x "y"')))),
      eventOf(completed),
    ];
    expect(answerTo(events)).toEqual(says('x "y"'));
  });

  test('a delta that is not JSON ends the answer instead of reaching the client', () => {
    expect(() => answerTo([eventFromText('{"type":"response.output_text.delta","delta":"abc')])).toThrow(
      'cannot be read',
    );
    expect(() =>
      answerTo([eventFromText('{"type":"response.output_text.delta","delta":"a\nb","item_id":"m"}')]),
    ).toThrow('cannot be read');
  });
});
