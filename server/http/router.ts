import type { Server } from 'bun';
import { AppError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Cors } from './cors.ts';
import { errorResponse } from './error-response.ts';
import { type HealthDeps, health, readiness } from './health.ts';
import type { V1Request } from './v1.ts';

export interface RouterDeps {
  v1: (context: V1Request) => Promise<Response>;
  health: HealthDeps;
  cors: Cors;
  log: Log;
}

/** Path to handler. Every answer carries `x-request-id`; every error is rendered here. */
export function createRouter(deps: RouterDeps): (request: Request, server: Server<undefined>) => Promise<Response> {
  async function route(request: Request, server: Server<undefined>, requestId: string): Promise<Response> {
    const url = new URL(request.url);
    const { pathname } = url;
    if (pathname.startsWith('/v1/') || pathname === '/v1') {
      if (request.method === 'OPTIONS') return deps.cors.preflight(request);
      if (deps.health.isDraining()) throw new AppError('shutting_down', 'The gateway is restarting. Try again shortly.', { retryAfterMs: 2_000 });
      return deps.v1({ request, url, requestId, keepOpen: () => server.timeout(request, 0) });
    }
    if (pathname === '/health') return health(deps.health);
    if (pathname === '/livez') return Response.json({ status: 'ok' });
    if (pathname === '/readyz') return readiness(deps.health);
    throw new AppError('not_found', `Unknown request URL: ${request.method} ${pathname.slice(0, 200)}. The API is below /v1.`);
  }

  return async (request, server) => {
    const requestId = newId('req');
    let response: Response;
    try {
      response = await route(request, server, requestId);
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error, requestId }, 'A request failed unexpectedly');
      const known = error instanceof AppError ? error : new AppError('internal_error', 'The gateway failed. The operator finds the details under the request id.');
      response = errorResponse(known);
    }
    response.headers.set('x-request-id', requestId);
    for (const [name, value] of Object.entries(deps.cors.headersFor(request))) response.headers.set(name, value);
    return response;
  };
}
