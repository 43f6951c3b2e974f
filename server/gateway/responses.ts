import { parseResponsesRequest } from '../contract/responses.ts';
import { mergeHistory } from '../conversations/history.ts';
import type { ConversationStore } from '../conversations/store.ts';
import type { ClientKey } from '../keys/service.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import { isCodexClient } from '../upstream/headers.ts';
import { type AnswerCall, keepAliveComment, keepAliveEvent } from './call.ts';
import { conversationKey, derivedCacheKey } from './translate/affinity-key.ts';
import { liteHeader } from './translate/dialect.ts';
import { inputItemsOf } from './translate/input-items.ts';
import { clientResponse } from './translate/responses-answer.ts';
import { createResponsesCollector } from './translate/responses-collect.ts';
import { createResponsesWriter } from './translate/responses-relay.ts';
import { shapeResponsesRequest } from './translate/responses-request.ts';

export interface ResponsesCallDeps {
  resolveModel: (asked: string) => ResolvedModel;
  conversations: ConversationStore;
  /** Whether answers are kept at all. */
  keepsResponses: boolean;
}

/** `POST /v1/responses` as a call of the upstream. Throws AppError for a request that cannot be made one. */
export function responsesCall(deps: ResponsesCallDeps, rawBody: unknown, key: ClientKey, headers: Headers): AnswerCall {
  const request = parseResponsesRequest(rawBody);
  const model = deps.resolveModel(request.model);
  const isCodex = isCodexClient(headers);
  const { conversations } = deps;

  const ownItems = conversations.resolveReferences(key.id, inputItemsOf(request));
  const previous = request.previous_response_id
    ? conversations.history(key.id, request.previous_response_id)
    : undefined;
  const shaped = shapeResponsesRequest(request, {
    isCodexClient: isCodex,
    hasLiteHeader: headers.get(liteHeader.name) === liteHeader.value,
    model,
    input: previous ? mergeHistory(previous.items, ownItems) : ownItems,
  });
  const cacheKey = shaped.body.prompt_cache_key ?? derivedCacheKey(key.id, shaped.body);
  const body = { ...shaped.body, prompt_cache_key: cacheKey };
  const conversation = conversationKey({
    clientKeyId: key.id,
    sessionId: headers.get('session-id') ?? headers.get('x-session-affinity') ?? undefined,
    promptCacheKey: request.prompt_cache_key ?? undefined,
    body,
  });
  const keepsResponse = shaped.store && deps.keepsResponses;
  const answer = { isCodexClient: isCodex, keepsResponse, previousResponseId: shaped.previousResponseId };

  return {
    endpoint: '/v1/responses',
    model,
    body,
    dialect: shaped.dialect,
    wantsStream: shaped.wantsStream,
    codexHeaders: isCodex ? headers : null,
    conversation: { key: conversation.key, isNew: conversation.isFirstTurn && !conversation.isExplicit },
    sessionId: cacheKey,
    previousAccountId: previous?.tokenId ?? null,
    keepItems: true,
    keepAlive: isCodex ? keepAliveEvent : keepAliveComment,
    createWriter: (facts) => createResponsesWriter({ ...answer, facts }),
    createCollector: () => createResponsesCollector(answer),
    onComplete(facts, accountId) {
      if (!keepsResponse || facts.responseId === null || facts.terminal === null) return;
      const response = clientResponse(facts.terminal, answer, facts.items);
      conversations.save(key.id, {
        id: facts.responseId,
        previousId: shaped.previousResponseId,
        tokenId: accountId,
        input: ownItems,
        // With the ids that were filled in: the client may refer to them.
        output: response.output ?? [],
        response,
      });
    },
  };
}

/** `POST /v1/responses/compact`: a thin relay of the old one-shot compaction. */
export function compactCall(deps: ResponsesCallDeps, rawBody: unknown, key: ClientKey, headers: Headers): AnswerCall {
  const call = responsesCall(deps, rawBody, key, headers);
  const { model, input, instructions, reasoning } = call.body;
  const body = {
    model,
    input,
    ...(instructions === undefined ? {} : { instructions }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
  return {
    ...call,
    endpoint: '/v1/responses/compact',
    body: { ...body, parallel_tool_calls: false } as unknown as AnswerCall['body'],
    wantsStream: false,
    onComplete: () => {},
  };
}
