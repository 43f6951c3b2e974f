import type { Server } from 'bun';
import { AppError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Cors } from './cors.ts';
import { errorResponse } from './error-response.ts';
import { type HealthDeps, health, readiness } from './health.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import type { V1Request } from './v1.ts';

export interface RouterDeps {
  v1: (context: V1Request) => Promise<Response>;
  health: HealthDeps;
  cors: Cors;
  log: Log;
}

/** How long a connection may be quiet outside of an answer. */
export const idleTimeoutSeconds = 60;

/** Path to handler. Every answer carries `x-request-id`; every error is rendered here. */
export function createRouter(deps: RouterDeps): (request: Request, server: Server<undefined>) => Promise<Response> {
  const checks: Record<string, (() => Response) | undefined> = {
    '/health': () => health(deps.health),
    '/livez': () => Response.json({ status: 'ok' }),
    '/readyz': () => readiness(deps.health),
  };

  async function route(request: Request, server: Server<undefined>, requestId: string): Promise<Response> {
    // HTTP/1.0 needs no Host, and then the URL is a bare path.
    const url = URL.parse(request.url, 'http://localhost');
    if (!url) throw new AppError('invalid_request', 'The Host header or the request target is not valid.');
    const { pathname } = url;
    if (pathname.startsWith('/v1/') || pathname === '/v1') {
      if (request.method === 'OPTIONS') return deps.cors.preflight(request);
      if (deps.health.isDraining())
        throw new AppError('shutting_down', 'The gateway is restarting. Try again shortly.', { retryAfterMs: 2_000 });
      return deps.v1({ request, url, requestId, keepOpen: () => keepOpen(request, server) });
    }
    const check = checks[pathname];
    if (check && request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(['GET', 'HEAD']);
    if (check) return check();
    throw new AppError(
      'not_found',
      `Unknown request URL: ${request.method} ${pathname.slice(0, 200)}. The API is below /v1.`,
    );
  }

  return async (request, server) => {
    const requestId = newId('req');
    let response: Response;
    try {
      response = await route(request, server, requestId);
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error, requestId }, 'A request failed unexpectedly');
      const known =
        error instanceof AppError
          ? error
          : new AppError('internal_error', 'The gateway failed. The operator finds the details under the request id.');
      response = errorResponse(known);
    }
    response.headers.set('x-request-id', requestId);
    for (const [name, value] of Object.entries(deps.cors.headersFor(request))) response.headers.set(name, value);
    return response;
  };
}

function keepOpen(request: Request, server: Server<undefined>): () => void {
  server.timeout(request, 0);
  return () => server.timeout(request, idleTimeoutSeconds);
}
