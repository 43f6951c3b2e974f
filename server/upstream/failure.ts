import type { AccountEffect } from '../accounts/account.ts';
import type { AppError } from '../core/errors.ts';

/**
 * How far an upstream call came before it failed.
 * - `connect`: the host (or the proxy before it) was never reached, so nothing was sent.
 * - `headers`: the request went out and no status line came back.
 * - `status`: a status other than 2xx.
 * - `stream`: the failure came inside a 200 stream, or the stream broke.
 */
export type FailurePhase = 'connect' | 'headers' | 'status' | 'stream';

/** What the socket met. `ended`: the stream stopped before its terminal event. `malformed`: bytes that are no events. */
export type NetworkFailure = 'refused' | 'reset' | 'timeout' | 'proxy' | 'tls' | 'dns' | 'ended' | 'malformed';

/** Everything known of a failed upstream call. */
export interface Failure {
  phase: FailurePhase;
  status?: number | undefined;
  headers?: Headers | undefined;
  /** The body as text; the caller bounds its length. */
  body?: string | undefined;
  /** The JSON of a `response.failed` or `error` event. */
  event?: unknown;
  network?: NetworkFailure | undefined;
}

/** Whose fault it is. `edge` is the CDN before the upstream, `model` a capacity of one model, `gateway` this program or its configuration. */
export type Fault = 'client' | 'account' | 'model' | 'upstream' | 'edge' | 'gateway';

/**
 * What may be done before any output was sent.
 * - `give-up`: pass the error on.
 * - `refresh`: refresh the credential once, replay on the same account, then another account.
 * - `strip-reasoning`: remove the encrypted reasoning and retry once.
 * - `drop-service-tier`: retry once without `service_tier`.
 * - `switch-dialect`: retry once in the other dialect (standard or Lite).
 * - `other-account`: this account will not do; another may.
 * - `retry-any`: another account if there is one, else the same after a short wait.
 */
export type NextStep =
  | 'give-up'
  | 'refresh'
  | 'strip-reasoning'
  | 'drop-service-tier'
  | 'switch-dialect'
  | 'other-account'
  | 'retry-any';

export interface Verdict {
  /** Stable name for the log row. */
  code: string;
  fault: Fault;
  effect: AccountEffect;
  next: NextStep;
  /** What the client gets if this is the end. */
  error: AppError;
  /** How long to wait before the same account or model is asked again. */
  retryAfterMs?: number;
  /** When a spent quota window is full again, if the upstream said so (epoch milliseconds). */
  resetsAtMs?: number;
}

export interface ClassifyContext {
  /** The model as the client asked for it: the one in error messages. */
  model: string;
  nowMs: number;
  /** Reset (epoch milliseconds) of a quota window known to stand at 100 % or more. */
  windowsResetMs?: number | undefined;
  /** The account has a proxy of its own: failing to connect is then the account's trouble and cools it. */
  hasOwnProxy?: boolean | undefined;
  /** The credential was refreshed for this request already: a second 401 means that a person must sign in. */
  wasRefreshed?: boolean | undefined;
}
