import type { PlannedItem } from './answer-plan.ts';
import { isObject, type JsonObject, objectsOf } from './json.ts';

/** Token counts of one answer: cached is a part of the input, reasoning a part of the output. */
export interface AnswerUsage {
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  instructionsTokens: number;
  toolsTokens: number;
}

/** The `response` object as the backend shows it in `response.created`: the request echoed, nothing produced yet. */
export function initialResponse(body: JsonObject, id: string, createdAt: number, userId: string): JsonObject {
  const reasoning = isObject(body['reasoning']) ? body['reasoning'] : {};
  const text = isObject(body['text']) ? body['text'] : {};
  return {
    id,
    object: 'response',
    created_at: Math.floor(createdAt / 1000),
    status: 'in_progress',
    access_programs: null,
    background: false,
    completed_at: null,
    error: null,
    frequency_penalty: 0,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: null,
    max_tool_calls: null,
    model: body['model'],
    moderation: null,
    output: [],
    parallel_tool_calls: body['parallel_tool_calls'] ?? true,
    presence_penalty: 0,
    previous_response_id: null,
    prompt_cache_key: body['prompt_cache_key'] ?? null,
    prompt_cache_retention: '24h',
    reasoning: {
      context: reasoning['context'] ?? 'all_turns',
      effort: reasoning['effort'] ?? 'medium',
      mode: 'standard',
      // "auto" comes back as what it was resolved to.
      summary: reasoning['summary'] === 'auto' ? 'detailed' : (reasoning['summary'] ?? null),
    },
    safety_identifier: userId,
    service_tier: 'auto',
    store: false,
    temperature: 1,
    text: { format: text['format'] ?? { type: 'text' }, verbosity: text['verbosity'] ?? 'medium' },
    tool_choice: body['tool_choice'] ?? 'auto',
    tool_usage: { image_gen: imageUsage, web_search: { num_requests: 0 } },
    tools: objectsOf(body['tools']).map((tool) =>
      tool['type'] === 'function' ? { ...tool, output_schema: null } : tool,
    ),
    top_logprobs: 0,
    top_p: 0.98,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  };
}

const noTokens = { image_tokens: 0, text_tokens: 0 };
const imageUsage = {
  input_tokens: 0,
  input_tokens_details: noTokens,
  output_tokens: 0,
  output_tokens_details: noTokens,
  total_tokens: 0,
};

/** The `response` object of `response.completed`. `output` stays empty: the items were told by their own events. */
export function completedResponse(initial: JsonObject, completedAt: number, usage: AnswerUsage): JsonObject {
  return {
    ...initial,
    status: 'completed',
    completed_at: Math.floor(completedAt / 1000),
    service_tier: 'default',
    usage: wireUsage(usage),
  };
}

function wireUsage(usage: AnswerUsage): JsonObject {
  const part = (input: number, output: number) => ({
    cache_write_tokens: 0,
    cached_tokens: 0,
    input_tokens: input,
    output_tokens: output,
  });
  return {
    attribution: {
      items: {
        msg_in: part(usage.inputTokens - usage.instructionsTokens - usage.toolsTokens, 0),
        msg_out: part(0, usage.outputTokens),
      },
      request_fields: { instructions: part(usage.instructionsTokens, 0), tools: part(usage.toolsTokens, 0) },
    },
    input_tokens: usage.inputTokens,
    input_tokens_details: { cache_write_tokens: 0, cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/**
 * Made-up but steady counts: a token per four characters. The input of a conversation that already has an answer
 * counts as cached up to a multiple of 128, as a real second turn would be.
 */
export function estimateUsage(body: JsonObject, plan: readonly PlannedItem[]): AnswerUsage {
  const tokensOf = (value: unknown) => (value == null ? 0 : Math.ceil(JSON.stringify(value).length / 4));
  const instructionsTokens = tokensOf(body['instructions']);
  const toolsTokens = tokensOf(body['tools']);
  const inputTokens = tokensOf(body['input']) + instructionsTokens + toolsTokens;
  const isContinued = objectsOf(body['input']).some(
    (item) => item['role'] === 'assistant' || item['type'] === 'function_call',
  );
  const reasoningTokens = plan.some((item) => item.kind === 'reasoning') ? 64 : 0;
  return {
    inputTokens,
    cachedTokens: isContinued ? inputTokens - (inputTokens % 128) : 0,
    outputTokens: reasoningTokens + plan.reduce((sum, item) => sum + Math.ceil(lengthOf(item) / 4), 0),
    reasoningTokens,
    instructionsTokens,
    toolsTokens,
  };
}

/** Characters an item says. */
function lengthOf(item: PlannedItem): number {
  switch (item.kind) {
    case 'message':
      return item.deltas.join('').length;
    case 'numbered-message':
      return item.count * 4;
    case 'flood':
      return item.bytes;
    case 'function-call':
      return item.name.length + item.arguments.length;
    case 'custom-call':
      return item.name.length + item.input.length;
    case 'reasoning':
      return 0;
    case 'compaction':
      return 256;
  }
}
