import { describe, expect, test } from 'bun:test';
import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { added, answer, args, call, calls, done, says, text } from './chat-event-helpers.ts';

const customCall = (input: string) => ({
  id: 'ctc_1',
  type: 'custom_tool_call',
  call_id: 'call_1',
  name: 'say',
  input,
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
    ['deltas on both sides of added', [...pieces.slice(0, 1), open, ...pieces.slice(1), closed]],
    ['deltas, item done without arguments', [...pieces, done(0, call('1', ''))]],
    ['deltas before an added that comes twice', [...pieces, open, open, closed]],
    ['deltas before added', [...pieces, open, argumentsDone, closed]],
    ['added without a name, deltas, item done', [added(0, { id: 'fc_1', type: 'function_call' }), ...pieces, closed]],
    ['deltas that name the index only', [open, ...pieces.map((one) => ({ ...one, item_id: undefined })), closed]],
    ['deltas that name the id only', [open, ...pieces.map((one) => ({ ...one, output_index: undefined })), closed]],
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
