import type { Env } from './env.ts';
import type { App } from './create-app.ts';
import { idleTimeoutSeconds } from './http/router.ts';

export interface RunningServer {
  /** As clients reach it, without a trailing slash. */
  readonly origin: string;
  readonly port: number;
  /**
   * Takes no new work, lets running requests finish for `timeoutMs`, then cuts what is left: its clients get an error
   * event. Records everything. The database stays open.
   */
  stop(timeoutMs: number): Promise<void>;
}

/** Puts an app on a socket. Throws an Error that says what to do when the port is taken. */
export function listen(app: App, options: { hostname: string; port: number } & Pick<Env, 'BODY_LIMIT'>): RunningServer {
  const server = startServer(app, options);
  const host = options.hostname === '0.0.0.0' || options.hostname === '::' ? 'localhost' : options.hostname;
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  return {
    origin,
    port: server.port ?? options.port,
    async stop(timeoutMs) {
      app.drain();
      await drained(app, timeoutMs);
      app.cut();
      // The last events must reach the socket before it is closed.
      await drained(app, lastWordsMs);
      await Promise.race([server.stop(false), Bun.sleep(lastWordsMs)]);
      await server.stop(true);
      await app.close();
    },
  };
}

/** The same for an app that ends when it gets no socket: its background work would keep the process alive. */
export async function listenOrClose(app: App, options: Parameters<typeof listen>[1]): Promise<RunningServer> {
  try {
    return listen(app, options);
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** What clients are given to take in a last error event. */
const lastWordsMs = 250;

async function drained(app: App, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (app.runningRequests > 0 && performance.now() < deadline) await Bun.sleep(10);
}

function startServer(
  app: App,
  { hostname, port, BODY_LIMIT }: { hostname: string; port: number } & Pick<Env, 'BODY_LIMIT'>,
) {
  try {
    return Bun.serve({
      hostname,
      port,
      // Ours is checked first, with an answer that clients can read; this one only bounds what the runtime buffers.
      maxRequestBodySize: Math.max(BODY_LIMIT * 4, 512 * 1024 * 1024),
      idleTimeout: idleTimeoutSeconds,
      fetch: app.fetch,
      error: () =>
        Response.json(
          { error: { message: 'The gateway failed.', type: 'server_error', code: 'internal_error', param: null } },
          { status: 500 },
        ),
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} on ${hostname} is in use. Stop what listens there, or set PORT to another one.`, {
      cause: error,
    });
  }
}
