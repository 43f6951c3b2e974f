import { z } from 'zod';
import { invalidRequest } from './request-problem.ts';

/**
 * The public request of `POST /v1/responses`, precise about the fields the gateway reads and loose about the rest:
 * what happens to every field is written in server/gateway/translate/responses-fields.ts.
 */

/** An input item as a client may write it: `type` may be missing (a message has `role`, a reference only `id`). */
const inputItem = z.looseObject({ type: z.string().nullish(), role: z.string().nullish() });
const tool = z.looseObject({ type: z.string() });

const responsesRequest = z.object({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(inputItem)], { error: 'expected a string or an array of input items' }).nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().min(1).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.looseObject({ type: z.string() })], {
      error: 'expected "none", "auto", "required" or an object with a type',
    })
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning: z
    .looseObject({
      effort: z.string().nullish(),
      summary: z.string().nullish(),
      generate_summary: z.string().nullish(),
      context: z.string().nullish(),
    })
    .nullish(),
  text: z
    .looseObject({
      verbosity: z.enum(['low', 'medium', 'high']).nullish(),
      format: z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) }).nullish(),
    })
    .nullish(),
  include: z.array(z.string()).nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  client_metadata: z.record(z.string(), z.unknown()).nullish(),
  background: z.boolean().nullish(),
  conversation: z.unknown().optional(),
  prompt: z.unknown().optional(),
  moderation: z.unknown().optional(),
});

export type ResponsesRequest = z.output<typeof responsesRequest>;
export type ResponsesInputItem = z.output<typeof inputItem>;
export type ResponsesInputTool = z.output<typeof tool>;

/** Throws AppError 400 `invalid_request` with `param` (such as `input[0].role`) for the first problem. */
export function parseResponsesRequest(body: unknown): ResponsesRequest {
  const result = responsesRequest.safeParse(body);
  if (!result.success) throw invalidRequest(result.error, body);
  return result.data;
}
