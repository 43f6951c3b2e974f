import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createResponsesCollector } from '../../../../server/gateway/translate/responses-collect.ts';
import { isPrivate } from '../../../../server/gateway/upstream-event.ts';
import { relayed } from '../../../support/relay-answer.ts';
import { eventOf } from '../../../support/upstream-events.ts';

const words = fc.string({ unit: 'binary', maxLength: 8 });
const id = fc.option(fc.constantFrom('msg_1', 'fc_1', 'x'), { nil: undefined });
const item = fc.record({
  type: fc.constantFrom('message', 'reasoning', 'function_call', 'compaction', 'unheard_of'),
  id,
  text: words,
});
const event = fc.oneof(
  words.map((delta) => ({ type: 'response.output_text.delta', delta })),
  fc.record({ type: fc.constant('response.output_item.done'), output_index: fc.nat(4), item }),
  fc
    .constantFrom('codex.rate_limits', 'keepalive', 'response.metadata', 'response.in_progress')
    .map((type) => ({ type, headers: {}, response: {} })),
);
const terminal = fc.record({
  type: fc.constantFrom('response.completed', 'response.incomplete', 'response.done'),
  response: fc.record({
    id: fc.constant('resp_1'),
    safety_identifier: fc.constant('user-1'),
    output: fc.oneof(fc.constant([]), fc.array(item, { maxLength: 2 })),
    usage: fc.constantFrom(null, { input_tokens: 1, attribution: {} }),
  }),
});
const options = fc.record({
  isCodexClient: fc.boolean(),
  keepsResponse: fc.boolean(),
  previousResponseId: fc.constantFrom(null, 'resp_0'),
});

test('S8, S16: whatever the upstream sends, the whole answer is the fold of the streamed one', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), terminal, options, (given, last, asked) => {
      const events = [...given, last].map((json) => eventOf(json));
      const collector = createResponsesCollector(asked);
      for (const one of events) collector.add(one);
      const streamed = relayed(events, asked);
      if (!asked.isCodexClient) expect(streamed.filter(({ type }) => isPrivate(String(type)))).toEqual([]);
      expect(collector.result()).toEqual(fold(streamed));
    }),
    { numRuns: 500 },
  );
});

/** What a client makes of a stream: the last response, or the text it was shown when that holds nothing. */
function fold(streamed: readonly Record<string, unknown>[]): Record<string, unknown> {
  const response = streamed.at(-1)?.['response'] as Record<string, unknown>;
  const text = streamed.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join('');
  if ((response['output'] as unknown[]).length > 0 || text === '') return response;
  const content = [{ type: 'output_text', text, annotations: [] }];
  return { ...response, output: [{ type: 'message', id: 'msg_1_0', status: 'completed', role: 'assistant', content }] };
}
