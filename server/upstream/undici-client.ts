import { LRUCache } from 'lru-cache';
import { Agent, type Dispatcher, ProxyAgent, request as send, Socks5ProxyAgent } from 'undici-npm';
import type { Ticker } from '../core/ticker.ts';
import type { ByteSource, UpstreamClient } from './client.ts';
import { toNetworkError } from './network-error.ts';
import { WatchedCall } from './watched-call.ts';

/**
 * The real undici (the bare name is a shim of Bun's that ignores proxies): for control calls, where its own
 * connection pool keeps them apart from the streams, and for everything behind SOCKS5, which Bun's fetch cannot do.
 */
export function createUndiciClient(
  ticker: Ticker,
  options: { connectMs: number },
): { send: UpstreamClient; close(): Promise<void> } {
  const connect = { timeout: options.connectMs };
  const direct = new Agent({ connect, bodyTimeout: 0, headersTimeout: 0 });
  const proxies = new LRUCache<string, Dispatcher>({
    max: 1_000,
    dispose: (dispatcher) => void dispatcher.close().catch(() => {}),
  });

  const dispatcherFor = (proxyUrl: string | null): Dispatcher => {
    if (proxyUrl === null) return direct;
    const known = proxies.get(proxyUrl);
    if (known) return known;
    const made = proxyUrl.startsWith('socks')
      ? new Socks5ProxyAgent(proxyUrl.replace(/^socks5h:/, 'socks5:'), { bodyTimeout: 0, headersTimeout: 0 })
      : new ProxyAgent({ uri: proxyUrl, connect, bodyTimeout: 0, headersTimeout: 0 });
    proxies.set(proxyUrl, made);
    return made;
  };

  return {
    async send(request) {
      const call = new WatchedCall(request, ticker);
      const { signal } = call.controller;
      try {
        const reply = await send(request.url, {
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
          signal,
          dispatcher: dispatcherFor(request.proxyUrl),
        });
        call.onHeaders();
        return {
          status: reply.statusCode,
          headers: toHeaders(reply.headers),
          body: toByteSource(reply.body, call, request.proxyUrl !== null),
        };
      } catch (error) {
        call.finish();
        throw signal.aborted ? signal.reason : toNetworkError(error, call.phase, request.proxyUrl !== null);
      }
    },
    async close() {
      await direct.destroy();
      for (const dispatcher of proxies.values()) await dispatcher.destroy().catch(() => {});
    },
  };
}

function toHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  return headers;
}

function toByteSource(body: Dispatcher.ResponseData['body'], call: WatchedCall, usesProxy: boolean): ByteSource {
  const chunks = body[Symbol.asyncIterator]();
  const { signal } = call.controller;
  // A body destroyed while nobody reads emits its error to nobody, which would end the process.
  body.on('error', () => {});
  return {
    async read(onBytes, onError) {
      call.onWait();
      let bytes: Uint8Array | undefined;
      try {
        const { done, value } = await chunks.next();
        call.onBytes();
        if (done) call.finish();
        else bytes = value as Uint8Array;
      } catch (error) {
        call.finish();
        return onError(signal.aborted ? signal.reason : toNetworkError(error, 'stream', usesProxy));
      }
      return onBytes(bytes);
    },
    cancel() {
      call.finish();
      body.destroy();
    },
  };
}
