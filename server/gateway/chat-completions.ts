import { parseChatRequest } from '../contract/chat.ts';
import { randomText } from '../core/ids.ts';
import type { ClientKey } from '../keys/service.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import { type AnswerCall, keepAliveComment } from './call.ts';
import { conversationKey, derivedCacheKey } from './translate/affinity-key.ts';
import { createChatWriter } from './translate/chat-chunks.ts';
import { createChatCollector } from './translate/chat-collect.ts';
import { chatToResponses } from './translate/chat-request.ts';

export interface ChatCallDeps {
  resolveModel: (asked: string) => ResolvedModel;
  nowMs: () => number;
}

/** `POST /v1/chat/completions` as a call of the upstream. Throws AppError for a request that cannot be made one. */
export function chatCall(deps: ChatCallDeps, body: unknown, key: ClientKey, headers: Headers): AnswerCall {
  const request = parseChatRequest(body);
  const model = deps.resolveModel(request.model);
  const translation = chatToResponses(request, { model, promptCacheKey: '' });
  // The derived key goes by the translated body, so that a conversation keeps it when it moves to /v1/responses.
  const named = request.prompt_cache_key ?? undefined;
  const cacheKey = translation.body.prompt_cache_key || derivedCacheKey(key.id, translation.body);
  const upstreamBody = { ...translation.body, prompt_cache_key: cacheKey };
  const conversation = conversationKey({
    clientKeyId: key.id,
    sessionId: headers.get('session-id') ?? headers.get('x-session-affinity') ?? undefined,
    promptCacheKey: named,
    body: upstreamBody,
  });
  const answer = {
    id: `chatcmpl-${randomText(24)}`,
    created: Math.floor(deps.nowMs() / 1000),
    model: request.model,
    includeUsage: translation.includeUsage,
    toClientName: translation.names.toClient,
    customTools: translation.declaredCustomTools,
    legacyFunctions: translation.legacyFunctions,
  };
  return {
    endpoint: '/v1/chat/completions',
    model,
    body: upstreamBody,
    dialect: 'standard',
    wantsStream: translation.stream,
    codexHeaders: null,
    conversation: { key: conversation.key, isNew: conversation.isFirstTurn && !conversation.isExplicit },
    sessionId: cacheKey,
    previousAccountId: null,
    keepItems: false,
    keepAlive: keepAliveComment,
    createWriter: () => createChatWriter(answer),
    createCollector: () => createChatCollector(answer),
    onComplete: () => {},
  };
}
