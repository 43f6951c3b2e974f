/**
 * What one answer used. Counts are non-negative integers; `null` is unknown and differs from 0. Cached and
 * cache-write tokens are parts of the input, reasoning tokens a part of the output: they are never added on top.
 */
export interface Usage {
  inputTokens: number | null;
  cachedTokens: number | null;
  cacheWriteTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
  totalTokens: number | null;
}

export const unknownUsage: Usage = {
  inputTokens: null,
  cachedTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  totalTokens: null,
};
