import type { AppError } from '../core/errors.ts';
import type { UpstreamEvent } from './upstream-event.ts';

/**
 * Turns the events of one answer into what a streaming client gets. All texts are byte strings (server/sse/event.ts)
 * of whole server-sent events. A writer belongs to one request and is never shared.
 */
export interface AnswerWriter {
  /** What the client gets for this event; empty for nothing. The terminal event is written like any other. */
  write(event: UpstreamEvent): string;
  /** True when `write` would give exactly what the upstream sent, so that the bytes may be passed on untouched. */
  isVerbatim(event: UpstreamEvent): boolean;
  /** After the terminal event was written: what closes the stream (chat: usage chunk and `[DONE]`). */
  end(): string;
  /** What the client gets when the answer fails after output was sent. Never a `[DONE]`. */
  fail(error: AppError): string;
}

/** Folds the events of one answer into the whole answer, for `stream: false`. */
export interface AnswerCollector {
  add(event: UpstreamEvent): void;
  /** The JSON body, once the terminal event was added. */
  result(): Record<string, unknown>;
}
