import type { Usage } from '../../contract/usage.ts';

/** The `usage` object of Chat Completions. Details that are not known are left out, main counts are null. */
export interface ChatUsage {
  prompt_tokens: number | null;
  completion_tokens: number | null;
  total_tokens: number | null;
  /** `cached_creation_tokens` (tokens written to the cache) is an extension of OpenAI's schema. */
  prompt_tokens_details?: { cached_tokens?: number; cached_creation_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

/** `usage` as Chat Completions tells it; null when neither the input nor the output is known. */
export function chatUsage(usage: Usage): ChatUsage | null {
  if (usage.inputTokens === null && usage.outputTokens === null) return null;
  const result: ChatUsage = {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  };
  if (usage.cachedTokens !== null || usage.cacheWriteTokens !== null) {
    result.prompt_tokens_details = {
      ...(usage.cachedTokens !== null && { cached_tokens: usage.cachedTokens }),
      ...(usage.cacheWriteTokens !== null && { cached_creation_tokens: usage.cacheWriteTokens }),
    };
  }
  if (usage.reasoningTokens !== null) {
    result.completion_tokens_details = { reasoning_tokens: usage.reasoningTokens };
  }
  return result;
}
