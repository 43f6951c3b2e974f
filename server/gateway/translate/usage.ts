import type { Usage } from '../../contract/usage.ts';
import { recordOf } from './json-values.ts';

/**
 * What an upstream `response` object says about its tokens. Zero is a count, anything that is not a non-negative
 * integer is unknown (null). Only a missing total is worked out, from the two counts it is the sum of.
 */
export function usageOf(responseJson: unknown): Usage {
  const usage = recordOf(recordOf(responseJson)['usage']);
  const inputDetails = recordOf(usage['input_tokens_details']);
  const outputDetails = recordOf(usage['output_tokens_details']);
  const inputTokens = countOf(usage['input_tokens']);
  const outputTokens = countOf(usage['output_tokens']);
  const sum = inputTokens === null || outputTokens === null ? null : inputTokens + outputTokens;
  return {
    inputTokens,
    cachedTokens: countOf(inputDetails['cached_tokens']),
    cacheWriteTokens: countOf(inputDetails['cache_write_tokens']),
    outputTokens,
    reasoningTokens: countOf(outputDetails['reasoning_tokens']),
    totalTokens: countOf(usage['total_tokens']) ?? sum,
  };
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
