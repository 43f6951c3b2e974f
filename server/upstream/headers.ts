import type { AccountHandle } from '../accounts/account.ts';
import { anonymousTurnMetadata } from '../contract/codex-metadata.ts';
import { version } from '../core/version.ts';
import type { Env } from '../env.ts';

type Identity = Pick<Env, 'CODEX_CLIENT_VERSION' | 'CODEX_ORIGINATOR' | 'CODEX_USER_AGENT'>;

/** What we call ourselves: the protocol's client and version, which the backend gates on, and our own name. */
export function userAgent(env: Identity): string {
  return (
    env.CODEX_USER_AGENT ??
    `${env.CODEX_ORIGINATOR}/${env.CODEX_CLIENT_VERSION} (${process.platform}; ${process.arch}) gpt2api/${version}`
  );
}

/** Headers of a Codex client that the backend knows and that say nothing about the client's machine. */
const forwardedFromCodex = [
  'x-codex-beta-features',
  'x-codex-window-id',
  'x-codex-parent-thread-id',
  'x-openai-subagent',
  'x-client-request-id',
  'session-id',
  'thread-id',
] as const;

/** Headers of an upstream answer that a Codex client reads. Quota headers are left out: they are one account's, not the pool's. */
const answeredToCodex = ['x-codex-turn-state', 'x-models-etag', 'x-reasoning-included'] as const;

/** The credential and identity headers every call of an account carries. */
export function accountHeaders(account: AccountHandle, env: Identity): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${account.accessToken}`,
    'user-agent': userAgent(env),
  };
  if (account.accountId !== '') headers['chatgpt-account-id'] = account.accountId;
  if (account.residency !== null) headers['x-openai-internal-codex-residency'] = account.residency;
  if (account.routingOverride !== null) headers['x-openai-account-routing-override'] = account.routingOverride;
  if (account.isFedramp) headers['x-openai-fedramp'] = 'true';
  return headers;
}

export interface ResponsesHeaderOptions {
  /** The client's own headers when it is a Codex client, else null. */
  codexHeaders: Headers | null;
  /** Stable per conversation: what the backend's prompt cache goes by. */
  sessionId: string;
  dialect: 'standard' | 'lite';
  /** `x-codex-turn-state`, only when this account issued it. */
  turnState: string | null;
  accept: 'text/event-stream' | 'application/json';
}

/** Headers of a `POST …/responses`, in the order the Codex CLI sends them. */
export function responsesHeaders(
  account: AccountHandle,
  env: Identity,
  options: ResponsesHeaderOptions,
): Record<string, string> {
  const headers: Record<string, string> = { version: env.CODEX_CLIENT_VERSION };
  const { codexHeaders } = options;
  if (codexHeaders) {
    for (const name of forwardedFromCodex) {
      const value = codexHeaders.get(name);
      if (value !== null) headers[name] = value;
    }
    const metadata = codexHeaders.get('x-codex-turn-metadata');
    if (metadata !== null) headers['x-codex-turn-metadata'] = anonymousTurnMetadata(metadata);
  }
  headers['session-id'] ??= options.sessionId;
  headers['thread-id'] ??= options.sessionId;
  if (options.turnState !== null) headers['x-codex-turn-state'] = options.turnState;
  if (options.dialect === 'lite') headers['x-openai-internal-codex-responses-lite'] = 'true';
  headers['accept'] = options.accept;
  headers['accept-encoding'] = 'identity';
  headers['content-type'] = 'application/json';
  headers['originator'] = env.CODEX_ORIGINATOR;
  return Object.assign(headers, accountHeaders(account, env));
}

/** The answer headers passed on to a Codex client. `openai-model` only when it is the model that was asked for. */
export function codexAnswerHeaders(upstream: Headers, askedSlug: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of answeredToCodex) {
    const value = upstream.get(name);
    if (value !== null) headers[name] = value;
  }
  if (upstream.get('openai-model') === askedSlug) headers['openai-model'] = askedSlug;
  return headers;
}

/** Whether a request comes from a Codex client, by its own name for itself. */
export function isCodexClient(headers: Headers): boolean {
  return /^codex[_ -]/i.test(headers.get('originator') ?? '') || /^codex[_ -]/i.test(headers.get('user-agent') ?? '');
}
