import { describe, expect, test } from 'bun:test';
import type { ResponsesBody, ResponsesItem } from '../../../../server/contract/responses-body.ts';
import { acceptedItems } from '../../../../server/gateway/translate/accepted-items.ts';
import {
  encryptedContents,
  hasCompaction,
  inputItemsOf,
  stripEncrypted,
} from '../../../../server/gateway/translate/input-items.ts';

const text = (role: string, words: string) => ({
  type: 'message',
  role,
  content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: words }],
});

describe('input as clients write it', () => {
  test.each<[string, Parameters<typeof inputItemsOf>[0]['input'], ResponsesItem[]]>([
    ['a text is a user message', 'Hi', [text('user', 'Hi')]],
    [
      'an item with a role is a message',
      [{ role: 'user', content: 'Hi' }],
      [{ type: 'message', role: 'user', content: 'Hi' }],
    ],
    ['an item with only an id is a reference', [{ id: 'fc_1' }], [{ type: 'item_reference', id: 'fc_1' }]],
    ['so is one with a null type', [{ id: 'fc_1', type: null }], [{ type: 'item_reference', id: 'fc_1' }]],
  ])('%s', (_, input, expected) => {
    expect(inputItemsOf({ input })).toEqual(expected);
  });
});

describe('items of an SDK are made acceptable', () => {
  test.each<[string, ResponsesItem, ResponsesItem[]]>([
    ['role system is developer', { type: 'message', role: 'system', content: 'x' }, [text('developer', 'x')]],
    ['a text content becomes a part', { type: 'message', role: 'assistant', content: 'x' }, [text('assistant', 'x')]],
    [
      'ids, statuses, annotations and log probabilities go, the phase stays',
      {
        type: 'message',
        id: `msg_${'x'.repeat(400)}`,
        status: 'completed',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'x', annotations: [], logprobs: [] }],
      },
      [{ ...text('assistant', 'x'), phase: 'commentary' }],
    ],
    [
      'a refusal stays one',
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      [{ type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }],
    ],
    [
      'an empty assistant message goes',
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '' }] },
      [],
    ],
    [
      'images and files',
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'data:,', detail: 'auto', file_id: null },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:,' },
        ],
      },
      [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'data:,', detail: 'auto' },
            { type: 'input_file', file_data: 'data:,', filename: 'a.pdf' },
          ],
        },
      ],
    ],
    [
      'reasoning with encrypted content',
      { type: 'reasoning', id: 'rs_1', status: 'completed', content: [], summary: [], encrypted_content: 'gAAAAA' },
      [{ type: 'reasoning', summary: [], encrypted_content: 'gAAAAA' }],
    ],
    ['reasoning without it goes', { type: 'reasoning', id: 'rs_1', summary: [] }, []],
    [
      'a web search',
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } },
      [{ type: 'web_search_call', status: 'completed', action: { type: 'search' } }],
    ],
    [
      'a compaction',
      { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAAA', created_by: 'x' },
      [{ type: 'compaction', encrypted_content: 'gAAAAA' }],
    ],
  ])('%s', (_, item, expected) => {
    expect(acceptedItems([item])).toEqual(expected);
  });
});

describe('calls and outputs are paired', () => {
  const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
  const output = (id: string, value: unknown = 'ok') => ({ type: 'function_call_output', call_id: id, output: value });

  test('as the openai package sends a round back: ids, statuses and parsed arguments', () => {
    const sent = [
      { ...call('call_1'), id: 'fc_1', status: 'completed', parsed_arguments: {} },
      { ...output('call_1', [{ type: 'output_text', text: 'ok' }]), id: 'x', status: 'completed' },
    ];
    expect(acceptedItems(sent)).toEqual([call('call_1'), output('call_1', [{ type: 'input_text', text: 'ok' }])]);
  });
  test('S14: arguments and outputs given as objects are written as JSON', () => {
    expect(acceptedItems([{ ...call('c'), arguments: { a: 1 } }, output('c', { b: 2 })])).toEqual([
      { ...call('c'), arguments: '{"a":1}' },
      output('c', '{"b":2}'),
    ]);
  });
  test('a custom call keeps its namespace, and its output becomes one of its kind', () => {
    const custom = { type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'functions', input: 'x' };
    expect(acceptedItems([custom, output('c', null)])).toEqual([
      custom,
      { type: 'custom_tool_call_output', call_id: 'c', output: '' },
    ]);
  });
  test('a missing output is "aborted", an output without a call is told as a user message', () => {
    expect(acceptedItems([output('gone', 'late'), call('c')])).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Result of the tool call gone:' },
          { type: 'input_text', text: 'late' },
        ],
      },
      call('c'),
      output('c', 'aborted'),
    ]);
  });
  test('S14: call ids over 64 characters are shortened alike on both sides', () => {
    const long = 'c'.repeat(65);
    const [first, second] = acceptedItems([call(long), output(long)]);
    expect(String(first?.['call_id'])).toMatch(/^call_[0-9a-f]{40}$/);
    expect(second).toEqual(output(String(first?.['call_id'])));
  });
});

describe('encrypted content', () => {
  const body = (...input: ResponsesItem[]): ResponsesBody => ({ model: 'm', input, store: false, stream: true });
  const reasoning = (content: string) => ({ type: 'reasoning', summary: [], encrypted_content: content });
  const compaction = { type: 'compaction', encrypted_content: 'gC' };

  test('is found in reasoning and compaction items, newest last', () => {
    expect(encryptedContents(body(compaction, reasoning('gA'), text('user', 'Hi'), reasoning('gB')))).toEqual([
      'gC',
      'gA',
      'gB',
    ]);
  });
  test('F14: reasoning is left out, everything else stays', () => {
    expect(stripEncrypted(body(text('user', 'Hi'), reasoning('gA')))).toEqual(body(text('user', 'Hi')));
  });
  test('F14: a compaction cannot be left out: the conversation stays with its account', () => {
    const bound = body(compaction, reasoning('gA'));
    expect([hasCompaction(bound), stripEncrypted(bound)]).toEqual([true, undefined]);
  });
  test('without reasoning there is nothing to try again with', () => {
    expect([hasCompaction(body()), stripEncrypted(body(text('user', 'Hi')))]).toEqual([false, undefined]);
  });
});
