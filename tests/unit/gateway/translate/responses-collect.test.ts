import { describe, expect, test } from 'bun:test';
import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { createResponsesCollector } from '../../../../server/gateway/translate/responses-collect.ts';
import { eventOf, recordedEvents } from '../../../support/upstream-events.ts';
import { relayed } from '../../../support/relay-answer.ts';

const options = { isCodexClient: false, keepsResponse: true, previousResponseId: 'resp_0' };

function collect(...events: EventJson[]): Record<string, unknown> {
  const collector = createResponsesCollector(options);
  for (const event of events) collector.add(eventOf(event));
  return collector.result();
}

const completed = {
  type: 'response.completed',
  response: { id: 'resp_1', status: 'completed', output: [], safety_identifier: 'user-1' },
};
const delta = (text: string) => ({ type: 'response.output_text.delta', delta: text });

describe.each([true, false])('Codex client: %p', (isCodexClient) => {
  test.each([
    'text',
    'function-call',
    'custom-tool-call',
    'parallel-calls',
    'reasoning-then-text',
    'web-search-then-text',
  ])('S8: %s: the whole answer is the response of the last streamed event', async (name) => {
    const events = await recordedEvents(name);
    const collector = createResponsesCollector({ ...options, isCodexClient });
    for (const event of events) collector.add(event);
    expect(collector.result()).toEqual(
      relayed(events, { ...options, isCodexClient }).at(-1)?.['response'] as Record<string, unknown>,
    );
  });
});

test('S8: an answer of text pieces alone is one message', () => {
  expect(collect(delta('Hi '), delta('😀'), completed)).toEqual({
    id: 'resp_1',
    status: 'completed',
    safety_identifier: null,
    store: true,
    previous_response_id: 'resp_0',
    output: [
      {
        type: 'message',
        id: 'msg_1_0',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hi 😀', annotations: [] }],
      },
    ],
  });
});

test('pieces of finished items are not told twice', () => {
  const item = { type: 'message', id: 'msg_1', content: [] };
  expect(
    collect(delta('Hi'), { type: 'response.output_item.done', output_index: 0, item }, completed)['output'],
  ).toEqual([item]);
});

test('S6: a cut answer is never a whole one', () => {
  expect(() => collect(delta('Hi'))).toThrow('terminal');
});
