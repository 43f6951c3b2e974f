import type { Ticker } from '../core/ticker.ts';
import type { ByteSource, UpstreamClient } from './client.ts';
import { toNetworkError } from './network-error.ts';
import { WatchedCall } from './watched-call.ts';

/** Native fetch: the cheapest way to stream on Bun. Direct or through an http(s) proxy; for SOCKS5 see undici-client.ts. */
export function createFetchClient(ticker: Ticker): UpstreamClient {
  return async (request) => {
    const call = new WatchedCall(request, ticker);
    const { signal } = call.controller;
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        redirect: 'manual',
        signal,
        // Deadlines are ours; and neither NO_PROXY nor the proxy variables may reroute a call behind our back.
        timeout: false,
        proxy: request.proxyUrl ? { url: request.proxyUrl, respectNoProxy: false } : false,
      } as RequestInit);
      call.onHeaders();
      return {
        status: response.status,
        headers: response.headers,
        body: toByteSource(response.body, call, request.proxyUrl !== null),
      };
    } catch (error) {
      call.finish();
      throw signal.aborted ? signal.reason : toNetworkError(error, call.phase, request.proxyUrl !== null);
    }
  };
}

function toByteSource(body: ReadableStream<Uint8Array> | null, call: WatchedCall, usesProxy: boolean): ByteSource {
  if (body) return new FetchBody(body.getReader(), call, usesProxy);
  call.finish();
  return { read: async (onBytes) => onBytes(undefined), cancel() {} };
}

class FetchBody implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #call: WatchedCall;
  readonly #usesProxy: boolean;
  #isOver = false;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, call: WatchedCall, usesProxy: boolean) {
    this.#reader = reader;
    this.#call = call;
    this.#usesProxy = usesProxy;
  }

  read<T>(
    onBytes: (bytes: Uint8Array | undefined) => T | Promise<T>,
    onError: (error: unknown) => T | Promise<T>,
  ): Promise<T> {
    this.#call.onWait();
    return this.#reader.read().then(
      ({ done, value }) => {
        this.#call.onBytes();
        if (done) this.#finish();
        return onBytes(value);
      },
      (error: unknown) => {
        this.#finish();
        const { signal } = this.#call.controller;
        return onError(signal.aborted ? signal.reason : toNetworkError(error, 'stream', this.#usesProxy));
      },
    );
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#finish();
    // The promise rejects after an aborted fetch, and an unhandled rejection would end the process.
    this.#reader.cancel().catch(() => {});
    this.#call.controller.abort();
  }

  #finish(): void {
    this.#isOver = true;
    this.#call.finish();
  }
}
