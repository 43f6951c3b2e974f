import type { NetworkFailure } from './failure.ts';

/** How far the call had come: nothing sent, sent without a status line, or inside the body. */
export type CallPhase = 'connect' | 'headers' | 'stream';

export class UpstreamNetworkError extends Error {
  readonly phase: CallPhase;
  readonly network: NetworkFailure;

  constructor(phase: CallPhase, network: NetworkFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UpstreamNetworkError';
    this.phase = phase;
    this.network = network;
  }
}

/** Every span a call may take, in milliseconds. `idle` counts only while somebody waits for the next bytes. */
export interface Deadlines {
  connectMs: number;
  headersMs: number;
  idleMs: number;
  totalMs: number;
}

export interface UpstreamRequest {
  method: 'GET' | 'POST' | 'HEAD';
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** The proxy to go through; null is a direct connection. There is no fall-back from one to the other. */
  proxyUrl: string | null;
  deadlines: Deadlines;
  /** Aborting ends the call in whatever phase it is and closes its socket. */
  signal: AbortSignal;
}

/** A body that is pulled: bytes come only as fast as they are read. */
export interface ByteSource {
  /**
   * Reads on and hands over the next bytes (undefined at the end), or the {@link UpstreamNetworkError} or the signal's
   * reason that came instead; resolves with what the callback gives. Callbacks, because a promise more for every event
   * of a stream is what a stream costs; elsewhere use {@link nextBytes}.
   */
  read<T>(
    onBytes: (bytes: Uint8Array | undefined) => T | Promise<T>,
    onError: (error: unknown) => T | Promise<T>,
  ): Promise<T>;
  /** Closes the socket at once. Harmless after the end. */
  cancel(): void;
}

export interface UpstreamReply {
  status: number;
  headers: Headers;
  body: ByteSource;
}

/** One call to the outside. Redirects are not followed. Throws {@link UpstreamNetworkError}, or the signal's reason. */
export type UpstreamClient = (request: UpstreamRequest) => Promise<UpstreamReply>;

/** The next bytes of a body; undefined at the end. Throws {@link UpstreamNetworkError}, or the signal's reason. */
export function nextBytes(body: ByteSource): Promise<Uint8Array | undefined> {
  return body.read<Uint8Array | undefined>(
    (bytes) => bytes,
    (error) => {
      throw error;
    },
  );
}

/** The body as text, cut after `maxBytes`; what a broken body gave before it broke. Always closes the body. */
export async function readText(body: ByteSource, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await nextBytes(body);
      if (!chunk) break;
      bytes += chunk.byteLength;
      text += decoder.decode(chunk, { stream: true });
      if (bytes >= maxBytes) break;
    }
  } catch (error) {
    if (!(error instanceof UpstreamNetworkError)) throw error;
  } finally {
    body.cancel();
  }
  return text.slice(0, maxBytes);
}
