import type { Env } from '../env.ts';

/** The few URLs the gateway calls. */
export interface Endpoints {
  responses(backendOrigin: string | null): string;
  compact(backendOrigin: string | null): string;
  models(backendOrigin: string | null): string;
  usage: string;
  accountsCheck: string;
  token: string;
}

export function createEndpoints(
  env: Pick<Env, 'CODEX_BASE_URL' | 'CODEX_USAGE_URL' | 'OAUTH_ISSUER' | 'CODEX_CLIENT_VERSION'>,
): Endpoints {
  const base = (backendOrigin: string | null) =>
    backendOrigin === null ? env.CODEX_BASE_URL : backendOrigin + new URL(env.CODEX_BASE_URL).pathname;
  return {
    responses: (origin) => `${base(origin)}/responses`,
    compact: (origin) => `${base(origin)}/responses/compact`,
    models: (origin) => `${base(origin)}/models?client_version=${env.CODEX_CLIENT_VERSION}`,
    usage: env.CODEX_USAGE_URL ?? siblingOf(env.CODEX_BASE_URL, 'usage'),
    accountsCheck: siblingOf(env.CODEX_BASE_URL, 'accounts/check'),
    token: `${env.OAUTH_ISSUER}/oauth/token`,
  };
}

/** `…/backend-api/codex` → `…/backend-api/wham/<name>`; a base without `/backend-api` has `…/api/codex/<name>` instead. */
function siblingOf(baseUrl: string, name: string): string {
  const url = new URL(baseUrl);
  const at = url.pathname.indexOf('/backend-api');
  return at >= 0
    ? `${url.origin}${url.pathname.slice(0, at)}/backend-api/wham/${name}`
    : `${url.origin}/api/codex/${name}`;
}
