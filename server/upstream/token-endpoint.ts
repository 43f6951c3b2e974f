import type { Env } from '../env.ts';
import { type Deadlines, readText, type UpstreamClient, UpstreamNetworkError } from './client.ts';
import { userAgent } from './headers.ts';

/** The public client id of the Codex sign-in. */
export const oauthClientId = 'app_EMoamEEZ73f0CkXaXp7hrann';

export type RefreshReason = 'proactive_expiry' | 'unauthorized_recovery' | 'forced';

/** What the token endpoint said: an answer of any status, or a network failure. */
export type TokenAnswer = { status: number; body: string } | { network: UpstreamNetworkError };

export interface TokenEndpoint {
  /** One refresh grant. The refresh token is spent as soon as the server answers 200: store the new one before use. */
  refresh(refreshToken: string, reason: RefreshReason, proxyUrl: string | null): Promise<TokenAnswer>;
}

export function createTokenEndpoint(deps: {
  send: UpstreamClient;
  url: string;
  env: Pick<Env, 'CODEX_CLIENT_VERSION' | 'CODEX_ORIGINATOR' | 'CODEX_USER_AGENT'>;
  deadlines: Deadlines;
}): TokenEndpoint {
  return {
    async refresh(refreshToken, reason, proxyUrl) {
      try {
        const reply = await deps.send({
          method: 'POST',
          url: deps.url,
          headers: {
            'content-type': 'application/json',
            accept: '*/*',
            originator: deps.env.CODEX_ORIGINATOR,
            'user-agent': userAgent(deps.env),
          },
          body: JSON.stringify({
            client_id: oauthClientId,
            grant_type: 'refresh_token',
            refresh_reason: reason,
            refresh_token: refreshToken,
          }),
          proxyUrl,
          deadlines: deps.deadlines,
          // Never tied to a client's request: once sent, the answer must be stored whoever waits for it.
          signal: new AbortController().signal,
        });
        return { status: reply.status, body: await readText(reply.body, 256 * 1024) };
      } catch (error) {
        if (error instanceof UpstreamNetworkError) return { network: error };
        throw error;
      }
    },
  };
}
