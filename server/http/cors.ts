/** Headers a browser client may read. */
const exposed = 'x-request-id, retry-after';

/** CORS for browser clients of `/v1`: closed unless an origin is listed. `*` admits any origin, without credentials. */
export interface Cors {
  /** Headers for an answer to `request`; none when its origin is not admitted. Errors need them too. */
  headersFor(request: Request): Record<string, string>;
  /** The answer to a preflight. */
  preflight(request: Request): Response;
}

export function createCors(origins: readonly string[]): Cors {
  const admitsAll = origins.includes('*');

  function headersFor(request: Request): Record<string, string> {
    const origin = request.headers.get('origin');
    if (origin === null || origins.length === 0) return {};
    if (!admitsAll && !origins.includes(origin)) return { vary: 'origin' };
    return {
      'access-control-allow-origin': admitsAll ? '*' : origin,
      'access-control-expose-headers': exposed,
      vary: 'origin',
    };
  }

  return {
    headersFor,
    preflight(request) {
      const headers = headersFor(request);
      if ('access-control-allow-origin' in headers) {
        headers['access-control-allow-methods'] = 'GET, POST, DELETE';
        // Named one by one: a `*` would not cover `authorization`.
        headers['access-control-allow-headers'] =
          request.headers.get('access-control-request-headers') ?? 'authorization, content-type';
        headers['access-control-max-age'] = '600';
      }
      return new Response(null, { status: 204, headers });
    },
  };
}
