import { createSseDecoder } from '../sse/decode.ts';
import { type ByteSource, nextBytes } from '../upstream/client.ts';
import { toUpstreamEvent, type UpstreamEvent } from './upstream-event.ts';

/** The events of one read from the upstream. */
export interface EventBatch {
  events: UpstreamEvent[];
  /** The bytes they came in, when these hold exactly these events and nothing else. */
  bytes: Uint8Array | null;
}

/** The events of an upstream body, pulled read by read. */
export interface EventSource {
  /**
   * Hands over the events of the next read (undefined at the end of the body), or the UpstreamNetworkError,
   * MalformedEventError or SseEventTooLargeError that came instead. Callbacks for the reason of `ByteSource.read`;
   * elsewhere use {@link nextBatch}.
   */
  next<T>(
    onBatch: (batch: EventBatch | undefined) => T | Promise<T>,
    onError: (error: unknown) => T | Promise<T>,
  ): Promise<T>;
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
    next: (onBatch, onError) =>
      body.read((chunk) => {
        let batch: EventBatch | undefined;
        try {
          batch = decode(chunk);
        } catch (error) {
          return onError(error);
        }
        return onBatch(batch);
      }, onError),
    cancel: () => body.cancel(),
    drain() {
      const timer = setTimeout(() => body.cancel(), drainMs);
      void (async () => {
        for (let reads = 0; reads < 16; reads += 1) if ((await nextBytes(body)) === undefined) return;
      })()
        .catch(() => {})
        .finally(() => {
          clearTimeout(timer);
          body.cancel();
        });
    },
  };
}

/** The events of the next read; undefined at the end of the body. Throws what {@link EventSource.next} hands over. */
export function nextBatch(source: EventSource): Promise<EventBatch | undefined> {
  return source.next<EventBatch | undefined>(
    (batch) => batch,
    (error) => {
      throw error;
    },
  );
}
