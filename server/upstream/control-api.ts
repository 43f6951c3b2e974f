import type { AccountHandle } from '../accounts/account.ts';
import type { Env } from '../env.ts';
import { type Deadlines, readText, type UpstreamClient, UpstreamNetworkError } from './client.ts';
import type { Endpoints } from './endpoints.ts';
import { accountHeaders } from './headers.ts';

export interface ControlAnswer {
  /** 0 when nothing came back. */
  status: number;
  headers: Headers;
  body: string;
  /** Why nothing came back. */
  problem: string | null;
}

/** The calls about an account itself: they cost no quota. None of them throws for what the upstream does. */
export interface ControlApi {
  usage(account: AccountHandle): Promise<ControlAnswer>;
  /** `etag` of the catalogue we have; a 304 says that it still holds. */
  models(account: AccountHandle, etag: string | null): Promise<ControlAnswer>;
  accountsCheck(account: AccountHandle): Promise<ControlAnswer>;
}

const maxBodyBytes = 8 * 1024 * 1024;

export function createControlApi(deps: {
  send: UpstreamClient;
  endpoints: Endpoints;
  env: Pick<Env, 'CODEX_CLIENT_VERSION' | 'CODEX_ORIGINATOR' | 'CODEX_USER_AGENT'>;
  deadlines: Deadlines;
  proxyFor: (url: string, accountProxy: string | null) => string | null;
}): ControlApi {
  async function get(url: string, account: AccountHandle, headers: Record<string, string>): Promise<ControlAnswer> {
    try {
      const reply = await deps.send({
        method: 'GET',
        url,
        headers: { accept: '*/*', ...accountHeaders(account, deps.env), ...headers },
        proxyUrl: deps.proxyFor(url, account.proxyUrl),
        deadlines: deps.deadlines,
        signal: new AbortController().signal,
      });
      return {
        status: reply.status,
        headers: reply.headers,
        body: await readText(reply.body, maxBodyBytes),
        problem: null,
      };
    } catch (error) {
      if (!(error instanceof UpstreamNetworkError)) throw error;
      return { status: 0, headers: new Headers(), body: '', problem: error.network };
    }
  }

  const identity = { version: deps.env.CODEX_CLIENT_VERSION, originator: deps.env.CODEX_ORIGINATOR };
  return {
    usage: (account) => get(deps.endpoints.usage, account, {}),
    models: (account, etag) =>
      get(deps.endpoints.models(account.backendOrigin), account, {
        ...identity,
        ...(etag === null ? {} : { 'if-none-match': etag }),
      }),
    accountsCheck: (account) => get(deps.endpoints.accountsCheck, account, identity),
  };
}
