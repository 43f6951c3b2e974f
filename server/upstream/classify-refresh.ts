import { readFailureBody } from './failure-body.ts';
import type { FailurePhase, NetworkFailure } from './failure.ts';

/**
 * What a failed refresh means.
 * - `permanent`: the refresh token is dead; a person must sign in again (unless the stored pair changed meanwhile).
 * - `transient`: the token was not consumed; try again later.
 * - `ambiguous`: the request may have been carried out without its answer reaching us, so the single-use token may be
 *   burned; a repetition must not be blind.
 */
export interface RefreshVerdict {
  kind: 'permanent' | 'transient' | 'ambiguous';
  /** The server's code, or `http_<status>`, or the network failure. */
  code: string;
}

/** Codes that end a login under any status. */
const permanentCodes: ReadonlySet<string> = new Set([
  // The official client's own three.
  'refresh_token_expired',
  'refresh_token_reused',
  'refresh_token_invalidated',
  // The official client repeats these for ever; a pool does better to stop.
  'invalid_refresh_token',
  'token_invalidated',
  'token_expired',
  'app_session_expired',
  'app_session_terminated',
  'account_session_expired',
  'account_deactivated',
  'account_suspended',
  'account_deleted',
]);

/** Failures before a byte of the request was sent. A TLS or proxy handshake that fails never lets the request out. */
const unsent: ReadonlySet<NetworkFailure> = new Set<NetworkFailure>(['refused', 'dns', 'tls', 'proxy']);

/**
 * The verdict on a refresh that gave no new tokens: `outcome` is the status of the answer, or what the network met in
 * `phase`. Any 401 is permanent, as is `invalid_grant` under 400; other 4xx, 429 and 5xx are transient. A 2xx gets here
 * only when its body could not be read: the old token is then burned and the new one lost, or not; nobody knows.
 */
export function classifyRefresh(
  outcome: number | NetworkFailure,
  body = '',
  phase: FailurePhase = 'headers',
): RefreshVerdict {
  if (typeof outcome === 'string') {
    return { kind: phase === 'connect' || unsent.has(outcome) ? 'transient' : 'ambiguous', code: outcome };
  }
  const said = readFailureBody(body).code;
  const code = said !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(said) ? said : `http_${outcome}`;
  if (outcome >= 200 && outcome <= 299) return { kind: 'ambiguous', code: 'unreadable_answer' };
  const isDead = outcome === 401 || permanentCodes.has(code) || (outcome === 400 && code === 'invalid_grant');
  return { kind: isDead ? 'permanent' : 'transient', code };
}
