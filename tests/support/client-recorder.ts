export interface ClientRecorder extends Disposable {
  readonly origin: string;
  /** What came through, oldest first; the body is null when it was none or not JSON. */
  readonly requests: { method: string; path: string; body: unknown }[];
}

/** Stands between a client and the server at `target`, passes everything on and keeps what the client sent. */
export function recordClient(target: string): ClientRecorder {
  const requests: ClientRecorder['requests'] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const bytes = await request.bytes();
      const { method, headers, signal } = request;
      requests.push({ method, path: pathname, body: jsonOf(bytes) });
      headers.delete('host');
      const body = bytes.byteLength > 0 ? bytes : null;
      return fetch(`${target}${pathname}${search}`, { method, headers, body, signal });
    },
  });
  return { origin: server.url.origin, requests, [Symbol.dispose]: () => void server.stop(true) };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
