import { describe, expect, test } from 'bun:test';
import {
  deletedResponseBody,
  inputItemsList,
  mergeHistory,
  storedResponseBody,
} from '../../../server/conversations/history.ts';
import { AppError } from '../../../server/core/errors.ts';

const user = (text: string) => ({ type: 'message', role: 'user', content: text });
const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'call_1', output: 'ok' };

describe('history and input become one', () => {
  test.each([
    ['only new items', [user('a')], [user('b')], [user('a'), user('b')]],
    ['the same words again are said again', [user('a')], [user('a')], [user('a'), user('a')]],
    ['an item sent again by its id', [call], [{ ...call, call_id: 'other' }, output], [call, output]],
    ['a call sent again without its id', [call], [{ ...call, id: undefined }, output], [call, output]],
    ['an output is not the call it belongs to', [call], [output], [call, output]],
    ['an output sent again', [call, output], [output, user('b')], [call, output, user('b')]],
  ])('%s', (_, history, input, expected) => {
    expect(mergeHistory(history, input)).toEqual(expected);
  });
});

test('the stored answer and the receipt of its deletion have the public shapes', () => {
  const stored = {
    id: 'resp_1',
    previousId: null,
    tokenId: null,
    input: [],
    output: [call],
    response: { id: 'resp_1', status: 'completed' },
  };
  expect(storedResponseBody(stored)).toEqual({ id: 'resp_1', status: 'completed', output: [call] });
  expect(deletedResponseBody('resp_1')).toEqual({ id: 'resp_1', object: 'response', deleted: true });
});

describe('input items', () => {
  const stored = { id: 'resp_1', input: [user('a'), { ...user('b'), id: 'msg_b' }, output] };
  const [a, b, c] = [
    { id: 'msg_1_0', type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    { id: 'msg_b', type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'b' }] },
    { ...output, id: 'item_1_2' },
  ];
  test.each([
    ['newest first', {}, { data: [c, b, a], first_id: 'item_1_2', last_id: 'msg_1_0', has_more: false }],
    ['oldest first', { order: 'asc' }, { data: [a, b, c], first_id: 'msg_1_0', last_id: 'item_1_2', has_more: false }],
    ['a page', { order: 'asc', limit: '2' }, { data: [a, b], first_id: 'msg_1_0', last_id: 'msg_b', has_more: true }],
    [
      'the page behind it',
      { order: 'asc', limit: '2', after: 'msg_b' },
      { data: [c], first_id: 'item_1_2', last_id: 'item_1_2', has_more: false },
    ],
    ['behind the last one', { after: 'msg_1_0' }, { data: [], first_id: null, last_id: null, has_more: false }],
  ])('%s', (_, query, expected) => {
    expect(inputItemsList(stored, query)).toEqual({ object: 'list', ...expected });
  });
  test.each([
    ['order', { order: 'up' }],
    ['limit', { limit: '0' }],
    ['limit', { limit: '101' }],
    ['limit', { limit: 'x' }],
    ['after', { after: 'msg_9' }],
  ])('a bad %s is a 400 that names it', (param, query) => {
    let problem: unknown;
    try {
      inputItemsList(stored, query);
    } catch (error) {
      problem = error instanceof AppError ? [error.status, error.details.param] : error;
    }
    expect(problem).toEqual([400, param]);
  });
});
