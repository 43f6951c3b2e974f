import type { ResponsesBody } from '../contract/responses-body.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import type { AnswerCollector, AnswerWriter } from './answer.ts';
import type { AnswerFacts } from './translate/answer-facts.ts';
import type { Dialect } from './translate/dialect.ts';

export type Endpoint = '/v1/chat/completions' | '/v1/responses' | '/v1/responses/compact';

/** Sent to a streaming client in quiet times. */
export const keepAliveComment = ': keep-alive\n\n';
/** The same for Codex clients: a comment does not reset the CLI's idle timer, an event of a type it does not know does. */
export const keepAliveEvent = 'event: keepalive\ndata: {"type":"keepalive"}\n\n';

/** A request as the attempt loop needs it, whichever endpoint it came through. */
export interface AnswerCall {
  endpoint: Endpoint;
  model: ResolvedModel;
  body: ResponsesBody;
  dialect: Dialect;
  wantsStream: boolean;
  /** The client's headers when it is a Codex client, else null. */
  codexHeaders: Headers | null;
  /** Stable hash of the conversation, under which its account is remembered. A new one is bound, but not looked up. */
  conversation: { key: string; isNew: boolean };
  /** Sent as `session-id` for clients that have none. */
  sessionId: string;
  /** Account that made the response named by `previous_response_id`. */
  previousAccountId: string | null;
  /** Whether the finished items must be kept (relayed and stored answers). */
  keepItems: boolean;
  /** Sent to a streaming client in quiet times: a byte string of one whole event or comment. */
  keepAlive: string;
  /** `facts` are those of the answer to be written; they have observed an event before it is written. */
  createWriter(facts: AnswerFacts): AnswerWriter;
  createCollector(): AnswerCollector;
  /** Called once when the answer is complete, before its last bytes go out. */
  onComplete(facts: AnswerFacts, accountId: string): void;
}

/** Who asks, and how to tell that he has left. */
export interface CallContext {
  requestId: string;
  keyId: string;
  /** Epoch milliseconds of the request's arrival. */
  receivedAt: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** Called once when the request has ended, before its last bytes go out. */
  onEnd: () => void;
}
