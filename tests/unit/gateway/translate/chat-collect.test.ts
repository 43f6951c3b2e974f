import { expect, test } from 'bun:test';
import { collected } from '../../../support/chat-answers.ts';
import { eventOf, recordedEvents } from '../../../support/upstream-events.ts';

const usage = (prompt: number, completion: number, cached: number, reasoning: number) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: cached, cached_creation_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

test('S8: a recorded text answer is the whole chat.completion although the terminal output is empty', async () => {
  expect(collected(await recordedEvents('text'))).toEqual({
    id: 'chatcmpl-test',
    object: 'chat.completion',
    created: 1_790_000_001,
    model: 'gpt-asked',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Good morning, Zoë 👋', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usage(21, 6, 0, 0),
    service_tier: 'default',
  });
});

test.each<[string, Record<string, unknown>, string, unknown]>([
  [
    'reasoning-then-text',
    { content: 'It is 7.', refusal: null, reasoning_content: '**Reading the table**\n\n**Checking the sum**' },
    'stop',
    usage(40, 25, 0, 16),
  ],
  [
    'web-search-then-text',
    {
      content: 'High water at 14:20.',
      refusal: null,
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://tides.example/bergen', title: 'Tides', start_index: 0, end_index: 20 },
        },
      ],
    },
    'stop',
    usage(6100, 33, 2048, 20),
  ],
  [
    'parallel-calls',
    {
      content: null,
      refusal: null,
      tool_calls: [
        { id: 'call_f1', type: 'function', function: { name: 'read_tide', arguments: '{"port":"Bergen"}' } },
        { id: 'call_f2', type: 'function', function: { name: 'read_wind', arguments: '{"height":10}' } },
      ],
    },
    'tool_calls',
    usage(150, 40, 0, 0),
  ],
  [
    'custom-tool-call',
    {
      content: null,
      refusal: null,
      tool_calls: [{ id: 'call_f9', type: 'function', function: { name: 'shout', arguments: 'LAND "AHOY"' } }],
    },
    'tool_calls',
    usage(180, 12, 0, 0),
  ],
])('the recorded %s becomes one message', async (name, message, finishReason, counts) => {
  const { choices, usage: told } = collected(await recordedEvents(name));
  expect({ choices, told }).toEqual({
    choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: finishReason }],
    told: counts,
  });
});

test('S6: a cut answer has no result', () => {
  expect(() => collected([eventOf({ type: 'response.output_text.delta', delta: 'half an ans' })])).toThrow(
    'before its terminal event',
  );
});

test('S7: unknown usage is left out', () => {
  expect(collected([eventOf({ type: 'response.completed', response: {} })])).not.toHaveProperty('usage');
});

test('S15: 10,000 deltas are one text', () => {
  const deltas = Array.from({ length: 10_000 }, (_, index) =>
    eventOf({
      type: 'response.output_text.delta',
      item_id: 'm',
      output_index: 0,
      content_index: 0,
      delta: `${index} `,
    }),
  );
  const { choices } = collected([...deltas, eventOf({ type: 'response.completed', response: {} })]);
  const content = Array.from({ length: 10_000 }, (_, index) => `${index} `).join('');
  expect((choices as { message: { content: string } }[])[0]?.message.content === content).toBe(true);
});
