import type { ChatRequest } from '../../contract/chat.ts';
import type { ResponsesBody } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { shortCacheKey } from './affinity-key.ts';
import { calledNames, translateMessages } from './messages.ts';
import { type ModelEfforts, reasoningOf } from './reasoning.ts';
import { textOptions } from './response-format.ts';
import { createToolNames, type ToolNames } from './tool-names.ts';
import { customToolNames, declaredNames, toResponsesToolChoice, toResponsesTools } from './tools.ts';

export interface ChatContext {
  model: ModelEfforts & {
    /** The upstream id of the model. */
    slug: string;
    /** From an alias such as `gpt-5.5-fast`; `priority` or `flex` in the request wins over it. */
    serviceTier?: 'priority';
  };
  /** Used when the request brings no `prompt_cache_key`; at most 64 characters. */
  promptCacheKey: string;
}

export interface ChatTranslation {
  body: ResponsesBody;
  names: ToolNames;
  /** Custom tools, in the client's spelling: their calls are answered in the `custom` form. */
  declaredCustomTools: ReadonlySet<string>;
  /** The client speaks of `functions` only: its one call is answered as `message.function_call`. */
  legacyFunctions: boolean;
  /** Whether the stream ends with a usage chunk. Always false for a whole answer, which carries its usage anyway. */
  includeUsage: boolean;
  stream: boolean;
}

/**
 * A chat request as an upstream request of the standard dialect, with what its answer must be translated back by.
 * Throws AppError 400 for what cannot be done upstream; fields dropped on purpose are listed in `chat-fields.ts`.
 */
export function chatToResponses(request: ChatRequest, context: ChatContext): ChatTranslation {
  refuseUnsupported(request);
  const names = createToolNames([...declaredNames(request), ...calledNames(request.messages)]);
  const legacyFunctions = (request.functions ?? []).length > 0 && (request.tools ?? []).length === 0;
  const stream = request.stream ?? false;
  return {
    body: bodyOf(request, context, names, legacyFunctions),
    names,
    declaredCustomTools: customToolNames(request),
    legacyFunctions,
    includeUsage: stream && (request.stream_options?.include_usage ?? false),
    stream,
  };
}

function bodyOf(request: ChatRequest, context: ChatContext, names: ToolNames, legacyFunctions: boolean): ResponsesBody {
  const tools = toResponsesTools(request, names);
  const choice = toResponsesToolChoice(request, tools, names);
  const text = textOptions(request);
  const tier = serviceTier(request.service_tier) ?? context.model.serviceTier;
  return {
    model: context.model.slug,
    ...translateMessages(request.messages, names, request.response_format?.type === 'json_object'),
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    // A legacy answer has room for one call.
    parallel_tool_calls: request.parallel_tool_calls ?? !legacyFunctions,
    reasoning: reasoningOf(request, context.model),
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    ...(tier === undefined ? {} : { service_tier: tier }),
    prompt_cache_key: request.prompt_cache_key ? shortCacheKey(request.prompt_cache_key) : context.promptCacheKey,
    ...(text === undefined ? {} : { text }),
  };
}

/** What would change the answer and has no counterpart upstream is refused rather than silently left out. */
function refuseUnsupported({ n, audio, modalities, moderation }: ChatRequest): void {
  if (n != null && n > 1) {
    throw new AppError('unsupported_value', "'n' must be 1: the upstream gives one choice per request.", {
      param: 'n',
    });
  }
  if (modalities?.includes('audio')) {
    throw new AppError('unsupported_value', "'modalities' asks for audio, but the upstream answers in text only.", {
      param: 'modalities',
    });
  }
  if (audio != null) {
    throw new AppError('unsupported_parameter', "'audio' is not supported: the upstream answers in text only.", {
      param: 'audio',
    });
  }
  if (moderation != null) {
    throw new AppError('unsupported_parameter', "'moderation' is not supported: the upstream has no such step.", {
      param: 'moderation',
    });
  }
}

function serviceTier(tier: string | null | undefined): string | undefined {
  if (tier === 'fast' || tier === 'priority') return 'priority';
  return tier === 'flex' ? tier : undefined;
}
