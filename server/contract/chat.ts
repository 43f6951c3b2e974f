import { z } from 'zod';
import { chatMessage } from './chat-messages.ts';
import { chatTool, chatToolChoice, functionDefinition, webSearchOptions } from './chat-tools.ts';
import { invalidRequest } from './request-problem.ts';

/**
 * The public Chat Completions request: exactly the fields the gateway reads. Other fields, known or not, are left out
 * here; what happens to each known one is written in `server/gateway/translate/chat-fields.ts`.
 */
const chatRequest = z.object({
  model: z.string().min(1),
  messages: z.array(chatMessage).min(1, 'expected at least one message'),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),

  tools: z.array(chatTool).nullish(),
  tool_choice: chatToolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(functionDefinition).nullish(),
  function_call: z
    .union([z.enum(['none', 'auto']), z.object({ name: z.string().min(1) })], {
      error: 'expected "none", "auto" or an object with the name of a function',
    })
    .nullish(),
  web_search_options: webSearchOptions.nullish(),

  response_format: z
    .discriminatedUnion(
      'type',
      [
        z.object({ type: z.literal('text') }),
        z.object({ type: z.literal('json_object') }),
        z.object({
          type: z.literal('json_schema'),
          json_schema: z.object({
            name: z.string().nullish(),
            description: z.string().nullish(),
            schema: z.record(z.string(), z.unknown()).nullish(),
            strict: z.boolean().nullish(),
          }),
        }),
      ],
      {
        error: (issue) =>
          issue.code === 'invalid_union' ? 'expected one of "text", "json_object", "json_schema"' : undefined,
      },
    )
    .nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),

  reasoning_effort: z.string().nullish(),
  reasoning_summary: z.enum(['auto', 'concise', 'detailed', 'none']).nullish(),
  reasoning: z
    .object({ effort: z.string().nullish(), summary: z.enum(['auto', 'concise', 'detailed', 'none']).nullish() })
    .nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),

  n: z.number().int().min(1).nullish(),
  audio: z.unknown().optional(),
  modalities: z.array(z.string()).nullish(),
  moderation: z.unknown().optional(),
});

export type ChatRequest = z.output<typeof chatRequest>;

/** Spellings that `@ai-sdk/openai-compatible` passes through from its provider options. */
const camelCaseNames = {
  parallelToolCalls: 'parallel_tool_calls',
  promptCacheKey: 'prompt_cache_key',
  serviceTier: 'service_tier',
  reasoningSummary: 'reasoning_summary',
  reasoningEffort: 'reasoning_effort',
  textVerbosity: 'verbosity',
} as const;

/**
 * Reads a Chat Completions request. Throws AppError 400 `invalid_request` for the first problem, with the `param` as
 * OpenAI writes it. Only the shape is checked: what the gateway cannot do is refused by the translation.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  const fields = withSnakeCase(body);
  const result = chatRequest.safeParse(fields);
  if (!result.success) throw invalidRequest(result.error, fields);
  return result.data;
}

/** A camel-case field means its snake-case one when that is absent. */
function withSnakeCase(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const fields = body as Record<string, unknown>;
  const added = Object.entries(camelCaseNames).filter(
    ([camel, snake]) => fields[camel] != null && fields[snake] == null,
  );
  if (added.length === 0) return body;
  return { ...fields, ...Object.fromEntries(added.map(([camel, snake]) => [snake, fields[camel]])) };
}
