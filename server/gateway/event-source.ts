import { createSseDecoder } from '../sse/decode.ts';
import type { ByteSource } from '../upstream/client.ts';
import { toUpstreamEvent, type UpstreamEvent } from './upstream-event.ts';

/** The events of one read from the upstream. */
export interface EventBatch {
  events: UpstreamEvent[];
  /** The bytes they came in, when these hold exactly these events and nothing else. */
  bytes: Uint8Array | null;
}

/** The events of an upstream body, pulled read by read. */
export interface EventSource {
  /** Undefined at the end of the body. Throws UpstreamNetworkError, MalformedEventError, SseEventTooLargeError. */
  next(): Promise<EventBatch | undefined>;
  cancel(): void;
  /**
   * After the terminal event: reads on to the end, so that the connection can be used again, but not for long and
   * not much.
   */
  drain(): void;
}

/** An event of more than this is not an answer any more; images come in at a few MB. */
const maxEventBytes = 64 * 1024 * 1024;
const drainMs = 1_000;

export function createEventSource(body: ByteSource): EventSource {
  const decoder = createSseDecoder({ maxEventBytes });

  function decode(chunk: Uint8Array | undefined): EventBatch | undefined {
    if (chunk === undefined) return undefined;
    const startsClean = decoder.atBoundary;
    const decoded = decoder.push(chunk);
    const events: UpstreamEvent[] = [];
    for (const one of decoded) {
      const event = toUpstreamEvent(one);
      if (event) events.push(event);
    }
    const isWhole = startsClean && decoder.atBoundary && events.length === decoded.length;
    return { events, bytes: isWhole ? chunk : null };
  }

  return {
    next: () => body.read().then(decode),
    cancel: () => body.cancel(),
    drain() {
      const timer = setTimeout(() => body.cancel(), drainMs);
      void (async () => {
        for (let reads = 0; reads < 16; reads += 1) if ((await body.read()) === undefined) return;
      })()
        .catch(() => {})
        .finally(() => {
          clearTimeout(timer);
          body.cancel();
        });
    },
  };
}
