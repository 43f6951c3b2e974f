import { anonymousMetadata } from '../../contract/codex-metadata.ts';
import type { ResponsesRequest } from '../../contract/responses.ts';
import type { ResponsesBody, ResponsesItem, ResponsesReasoning, ResponsesText } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { acceptedItems } from './accepted-items.ts';
import { shortCacheKey } from './affinity-key.ts';
import { type Dialect, toLite } from './dialect.ts';
import { codexItems, inputItemsOf } from './input-items.ts';
import { pick } from './input-parts.ts';
import { defaultInstructions } from './instructions.ts';
import { type ModelEfforts, wireEffort } from './reasoning.ts';
import { acceptedToolChoice, acceptedTools } from './responses-tools.ts';

export interface ResponsesContext {
  /** A Codex client writes bodies for this very upstream: they pass as they are, apart from the whitelist. */
  isCodexClient: boolean;
  /** The request carries the header that marks the Lite dialect. */
  hasLiteHeader: boolean;
  model: ModelEfforts & { slug: string; serviceTier?: string | undefined };
  /** Used when the client names no cache key; without one the field is left out, to be added once it is known. */
  promptCacheKey?: string | undefined;
  /** The input with history and references put in; the request's own when absent. */
  input?: readonly ResponsesItem[] | undefined;
}

export interface ShapedResponses {
  body: ResponsesBody;
  dialect: Dialect;
  wantsStream: boolean;
  /** Whether the client lets its answer be kept. */
  store: boolean;
  previousResponseId: string | null;
}

/**
 * A request as the upstream takes it: built from a list of known fields, so that nothing else ever gets there; what
 * happens to each field stands in responses-fields.ts. Throws AppError 400 naming what cannot be done.
 */
export function shapeResponsesRequest(request: ResponsesRequest, context: ResponsesContext): ShapedResponses {
  refuseWhatCannotBeDone(request);
  const { isCodexClient, model } = context;
  const given = context.input ?? inputItemsOf(request);
  const input = isCodexClient ? codexItems(given) : acceptedItems(given);
  const dialect: Dialect =
    context.hasLiteHeader || input.some((item) => item.type === 'additional_tools') ? 'lite' : 'standard';

  const body: ResponsesBody = { model: model.slug, stream: true, input, store: false, include: includeOf(request) };
  const instructions = request.instructions || (isCodexClient || dialect === 'lite' ? undefined : defaultInstructions);
  if (instructions) body.instructions = instructions;
  if (request.tools && request.tools.length > 0)
    body.tools = isCodexClient ? request.tools : acceptedTools(request.tools);
  if (request.tool_choice != null) body.tool_choice = acceptedToolChoice(request.tool_choice);
  const parallel = request.parallel_tool_calls ?? (isCodexClient ? undefined : true);
  if (parallel !== undefined) body.parallel_tool_calls = parallel;
  const reasoning = reasoningOf(request, context);
  if (reasoning) body.reasoning = reasoning;
  const tier = serviceTierOf(request.service_tier) ?? model.serviceTier;
  if (tier !== undefined) body.service_tier = tier;
  const cacheKey = request.prompt_cache_key ? shortCacheKey(request.prompt_cache_key) : context.promptCacheKey;
  if (cacheKey !== undefined) body.prompt_cache_key = cacheKey;
  const text = textOf(request);
  if (text) body.text = text;
  const metadata = isCodexClient && request.client_metadata ? anonymousMetadata(request.client_metadata) : undefined;
  if (metadata) body.client_metadata = metadata;

  return {
    body: dialect === 'lite' ? toLite(body) : body,
    dialect,
    wantsStream: request.stream === true,
    store: request.store !== false,
    previousResponseId: request.previous_response_id ?? null,
  };
}

function refuseWhatCannotBeDone(request: ResponsesRequest): void {
  const refuse = (param: string, why: string) => {
    throw new AppError('unsupported_parameter', `Unsupported parameter: '${param}'. ${why}`, { param });
  };
  if (request.background) refuse('background', 'Answers are given while the client waits; stream them instead.');
  if (request.conversation != null) refuse('conversation', 'Continue with previous_response_id instead.');
  if (request.moderation != null) refuse('moderation', 'The upstream has no such step.');
  if (request.prompt != null) refuse('prompt', 'The upstream has no prompt templates; send instructions and input.');
}

const encryptedReasoning = 'reasoning.encrypted_content';
const possibleIncludes = new Set([
  'web_search_call.action.sources',
  'web_search_call.results',
  'message.input_image.image_url',
]);

function includeOf({ include }: ResponsesRequest): string[] {
  return [encryptedReasoning, ...new Set((include ?? []).filter((name) => possibleIncludes.has(name)))];
}

function reasoningOf({ reasoning }: ResponsesRequest, context: ResponsesContext): ResponsesReasoning | undefined {
  const asked = reasoning?.effort ?? context.model.effort;
  // A Codex client knows its model's efforts from the same catalogue, and may know it better.
  const effort = asked === undefined || context.isCodexClient ? asked : wireEffort(asked, context.model.efforts);
  const summary = reasoning?.summary ?? reasoning?.generate_summary ?? undefined;
  const context_ = reasoning?.context ?? undefined;
  if (effort === undefined && summary === undefined && context_ === undefined) return undefined;
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(summary === undefined ? {} : { summary }),
    ...(context_ === undefined ? {} : { context: context_ }),
  };
}

function textOf({ text }: ResponsesRequest): ResponsesText | undefined {
  const format = text?.format
    ? pick<{ type: string }>(text.format, ['type', 'name', 'description', 'schema', 'strict'])
    : undefined;
  const verbosity = text?.verbosity ?? undefined;
  if (!format && verbosity === undefined) return undefined;
  return { ...(format ? { format } : {}), ...(verbosity === undefined ? {} : { verbosity }) };
}

/** `fast` is what clients call it; accounts know two tiers, and refuse every other name. */
function serviceTierOf(tier: string | null | undefined): string | undefined {
  if (tier === 'fast' || tier === 'priority') return 'priority';
  return tier === 'flex' ? 'flex' : undefined;
}
