import { describe, expect, test } from 'bun:test';
import { clientFinishReason, finishReason } from '../../../../server/gateway/translate/finish-reason.ts';

const because = (reason: string) => ({ status: 'incomplete', incomplete_details: { reason } });

describe('S2: finish_reason', () => {
  test.each([
    ['response.completed', { status: 'completed' }, false, 'stop'],
    ['response.completed', {}, false, 'stop'],
    ['response.completed', { status: 'completed' }, true, 'tool_calls'],
    ['response.incomplete', because('max_output_tokens'), false, 'length'],
    ['response.incomplete', because('max_tokens'), false, 'length'],
    ['response.incomplete', because('content_filter'), false, 'content_filter'],
    ['response.incomplete', {}, false, 'length'],
    ['response.incomplete', because('max_output_tokens'), true, 'tool_calls'],
    ['response.completed', because('content_filter'), false, 'content_filter'],
  ] as const)('%s %j, calls: %p → %s', (type, response, hasCalls, reason) => {
    expect(finishReason({ type, response }, hasCalls)).toBe(reason);
  });

  test('a client of legacy functions reads function_call where others read tool_calls', () => {
    expect([
      clientFinishReason('tool_calls', true),
      clientFinishReason('tool_calls', false),
      clientFinishReason('stop', true),
    ]).toEqual(['function_call', 'tool_calls', 'stop']);
  });
});
