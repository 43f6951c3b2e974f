import { describe, expect, test } from 'bun:test';
import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { answerTo } from '../../../support/chat-answers.ts';
import { eventFromText, eventOf } from '../../../support/upstream-events.ts';
import {
  added,
  answer,
  args,
  call,
  calls,
  completed,
  done,
  message,
  says,
  text,
  textPart,
} from './chat-event-helpers.ts';

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
