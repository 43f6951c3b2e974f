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
      return { status: response.status, headers: response.headers, body: toByteSource(response.body, call, request.proxyUrl !== null) };
    } catch (error) {
      call.finish();
      throw signal.aborted ? signal.reason : toNetworkError(error, call.phase, request.proxyUrl !== null);
    }
  };
}

function toByteSource(body: ReadableStream<Uint8Array> | null, call: WatchedCall, usesProxy: boolean): ByteSource {
  const reader = body?.getReader();
  if (!reader) call.finish();
  const { signal } = call.controller;
  return {
    async read() {
      if (!reader) return undefined;
      call.onWait();
      try {
        const { done, value } = await reader.read();
        call.onBytes();
        if (!done) return value;
        call.finish();
        return undefined;
      } catch (error) {
        call.finish();
        throw signal.aborted ? signal.reason : toNetworkError(error, 'stream', usesProxy);
      }
    },
    cancel() {
      call.finish();
      // The promise rejects after an aborted fetch, and an unhandled rejection would end the process.
      reader?.cancel().catch(() => {});
      call.controller.abort();
    },
  };
}
