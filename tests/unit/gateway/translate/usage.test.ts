import { expect, test } from 'bun:test';
import { type Usage, unknownUsage } from '../../../../server/contract/usage.ts';
import { chatUsage } from '../../../../server/gateway/translate/chat-usage.ts';
import { usageOf } from '../../../../server/gateway/translate/usage.ts';

const full = {
  input_tokens: 144,
  input_tokens_details: { cached_tokens: 64, cache_write_tokens: 8 },
  output_tokens: 17,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 161,
};

test.each<[string, unknown, Usage]>([
  [
    'S7: every count is read, parts are not added on top',
    { usage: full },
    {
      inputTokens: 144,
      cachedTokens: 64,
      cacheWriteTokens: 8,
      outputTokens: 17,
      reasoningTokens: 5,
      totalTokens: 161,
    },
  ],
  [
    'S7: zero is a count',
    {
      usage: {
        input_tokens: 0,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 0,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 0,
      },
    },
    { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: null, outputTokens: 0, reasoningTokens: 0, totalTokens: 0 },
  ],
  [
    'a missing total is the sum',
    { usage: { input_tokens: 3, output_tokens: 4 } },
    { ...unknownUsage, inputTokens: 3, outputTokens: 4, totalTokens: 7 },
  ],
  [
    'S7: half a sum is unknown',
    { usage: { output_tokens: 4, input_tokens_details: null } },
    { ...unknownUsage, outputTokens: 4 },
  ],
  [
    'what is not a count is unknown',
    { usage: { input_tokens: -1, output_tokens: 1.5, total_tokens: '9' } },
    unknownUsage,
  ],
  ['no usage', { usage: null }, unknownUsage],
  ['no response', undefined, unknownUsage],
])('usageOf, %s', (_, response, usage) => {
  expect(usageOf(response)).toEqual(usage);
});

test.each<[string, Usage, unknown]>([
  [
    'every count has its place',
    usageOf({ usage: full }),
    {
      prompt_tokens: 144,
      completion_tokens: 17,
      total_tokens: 161,
      prompt_tokens_details: { cached_tokens: 64, cached_creation_tokens: 8 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
  ],
  [
    'S7: zero is told, unknown details are left out',
    { ...unknownUsage, inputTokens: 2, outputTokens: 0, totalTokens: 2, cachedTokens: 0 },
    { prompt_tokens: 2, completion_tokens: 0, total_tokens: 2, prompt_tokens_details: { cached_tokens: 0 } },
  ],
  [
    'an unknown count is null',
    { ...unknownUsage, outputTokens: 4 },
    { prompt_tokens: null, completion_tokens: 4, total_tokens: null },
  ],
  ['nothing known is no usage', { ...unknownUsage, totalTokens: 9 }, null],
])('chatUsage, %s', (_, usage, chat) => {
  expect(chatUsage(usage)).toEqual(chat as never);
});
