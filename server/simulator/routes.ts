import type { Endpoint } from './script.ts';

const routes: Readonly<Record<string, Endpoint>> = {
  'POST /backend-api/codex/responses': 'responses',
  'POST /backend-api/codex/responses/compact': 'compact',
  'GET /backend-api/codex/models': 'models',
  'GET /backend-api/wham/usage': 'usage',
  'GET /backend-api/wham/accounts/check': 'accounts-check',
  'GET /oauth/authorize': 'authorize',
  'POST /oauth/token': 'token',
  'POST /oauth/revoke': 'revoke',
  'POST /api/accounts/deviceauth/usercode': 'device-usercode',
  'POST /api/accounts/deviceauth/token': 'device-token',
};

export function endpointOf(method: string, path: string): Endpoint {
  return routes[`${method} ${path}`] ?? 'unknown';
}

/** Endpoints that need an account's access token and its account id. */
export function needsAccount(endpoint: Endpoint): boolean {
  return ['responses', 'compact', 'models', 'usage', 'accounts-check'].includes(endpoint);
}
