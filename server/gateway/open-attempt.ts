import type { Lease } from '../accounts/pool.ts';
import type { Env } from '../env.ts';
import { SseEventTooLargeError } from '../sse/decode.ts';
import {
  type Deadlines,
  readText,
  type UpstreamClient,
  UpstreamNetworkError,
  type UpstreamReply,
} from '../upstream/client.ts';
import type { Failure } from '../upstream/failure.ts';
import type { Endpoints } from '../upstream/endpoints.ts';
import { responsesHeaders } from '../upstream/headers.ts';
import type { AnswerCall } from './call.ts';
import { createEventSource, type EventBatch, type EventSource, nextBatch } from './event-source.ts';
import type { Dialect } from './translate/dialect.ts';
import { MalformedEventError, roleOf } from './upstream-event.ts';

/** An answer whose first output has come: what was read so far, and the rest to be pulled. */
export interface OpenAnswer {
  headers: Headers;
  /** In order, not yet seen by any writer or collector. */
  held: EventBatch[];
  source: EventSource;
}

export interface AttemptDeps {
  /** Native fetch, or undici for an account behind SOCKS5. */
  sendStream: UpstreamClient;
  endpoints: Endpoints;
  env: Pick<Env, 'CODEX_CLIENT_VERSION' | 'CODEX_ORIGINATOR' | 'CODEX_USER_AGENT'>;
  deadlines: Deadlines;
  proxyFor: (url: string, accountProxy: string | null) => string | null;
}

/** The request of one attempt: the call's, as repairs have left it. */
export interface AttemptRequest {
  /** JSON of the body; made once for all attempts that send the same. */
  body: string;
  dialect: Dialect;
  turnState: string | null;
}

const maxFailureBytes = 64 * 1024;
/** Preludes that are held back before the answer goes out regardless: a server that only announces must not stall it. */
const maxHeldEvents = 64;

/** One POST to the upstream. Throws only the signal's reason; every other end is a value. */
export async function sendAttempt(
  deps: AttemptDeps,
  call: AnswerCall,
  request: AttemptRequest,
  lease: Lease,
  signal: AbortSignal,
): Promise<{ reply: UpstreamReply } | { failure: Failure }> {
  const { account } = lease;
  const isCompact = call.endpoint === '/v1/responses/compact';
  const url = isCompact
    ? deps.endpoints.compact(account.backendOrigin)
    : deps.endpoints.responses(account.backendOrigin);
  try {
    const reply = await deps.sendStream({
      method: 'POST',
      url,
      headers: responsesHeaders(account, deps.env, {
        codexHeaders: call.codexHeaders,
        sessionId: call.sessionId,
        dialect: request.dialect,
        turnState: request.turnState,
        accept: isCompact ? 'application/json' : 'text/event-stream',
      }),
      body: request.body,
      proxyUrl: deps.proxyFor(url, account.proxyUrl),
      // A compaction's status comes with its result, which takes as long as an answer.
      deadlines: isCompact ? { ...deps.deadlines, headersMs: deps.deadlines.idleMs } : deps.deadlines,
      signal,
    });
    if (reply.status === 200 && (isCompact || !isDocument(reply))) return { reply };
    return {
      failure: {
        phase: 'status',
        status: reply.status,
        headers: reply.headers,
        body: await readText(reply.body, maxFailureBytes),
      },
    };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

/** A page or a JSON error that comes with status 200 where a stream should. */
function isDocument(reply: UpstreamReply): boolean {
  return /html|^application\/json/.test(reply.headers.get('content-type') ?? '');
}

/**
 * Reads on to the first output, holding everything back: until then a failure can still become another attempt.
 * Throws only the signal's reason.
 */
export async function openAnswer(reply: UpstreamReply): Promise<{ answer: OpenAnswer } | { failure: Failure }> {
  const source = createEventSource(reply.body);
  const held: EventBatch[] = [];
  let heldEvents = 0;
  try {
    for (;;) {
      const batch = await nextBatch(source);
      if (!batch) return { failure: { phase: 'stream', network: 'ended' } };
      held.push(batch);
      heldEvents += batch.events.length;
      for (const event of batch.events) {
        const role = roleOf(event);
        if (role === 'prelude') continue;
        if (role !== 'failure') return { answer: { headers: reply.headers, held, source } };
        source.cancel();
        return { failure: { phase: 'stream', headers: reply.headers, event: event.json() } };
      }
      if (heldEvents > maxHeldEvents) return { answer: { headers: reply.headers, held, source } };
    }
  } catch (error) {
    source.cancel();
    return { failure: toFailure(error) };
  }
}

/** What a broken call means as a failure; anything that is not one of the upstream's faults is thrown on. */
export function toFailure(error: unknown): Failure {
  if (error instanceof UpstreamNetworkError) return { phase: error.phase, network: error.network };
  if (error instanceof MalformedEventError || error instanceof SseEventTooLargeError)
    return { phase: 'stream', network: 'malformed' };
  throw error;
}
