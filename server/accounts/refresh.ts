import type { CredentialRepository, CredentialRow } from '../../db/repositories/credentials.ts';
import type { HealthRepository } from '../../db/repositories/health.ts';
import { type Clock, sleep } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { type SecretBox, SecretBoxError } from '../core/secret-box.ts';
import { createSingleFlight } from '../core/single-flight.ts';
import { classifyRefresh } from '../upstream/classify-refresh.ts';
import type { RefreshReason, TokenEndpoint } from '../upstream/token-endpoint.ts';
import type { Credential } from './account.ts';
import { backoffMs } from './health.ts';
import { readClaims } from './jwt.ts';
import { createLeaseOwner, isDeadOwner } from './lease-owner.ts';
import { openCredential, openProxyUrl, sealCredential } from './sealed-columns.ts';

export type RefreshResult =
  /** The stored credential is newer than the one the caller had. */
  { outcome: 'refreshed' } | { outcome: 'failed'; kind: 'permanent' | 'transient' | 'ambiguous'; code: string };

export interface Refresher {
  /**
   * Replaces the credential of an account that was read at `fromVersion` (default: the stored one). Callers share one
   * refresh per account, also across processes: the loser of the lease waits and finds the winner's pair. The new
   * pair is committed before this returns. A permanent failure marks the account `needs-login`.
   */
  refresh(accountId: string, reason: RefreshReason, fromVersion?: number): Promise<RefreshResult>;
  /** Resolves when no refresh is under way (for a clean stop). */
  settled(): Promise<void>;
}

const pollMs = 50;
const storeAgainMs = 500;
/** Clocks that differ by less than this agree. */
const clockToleranceMs = 5 * 60_000;

export function createRefresher(deps: {
  credentials: CredentialRepository;
  health: HealthRepository;
  tokenEndpoint: TokenEndpoint;
  /** The proxy for the token endpoint, given the account's own. */
  proxyFor: (accountProxy: string | null) => string | null;
  box: SecretBox;
  clock: Clock;
  log: Log;
  /** Must be longer than the token endpoint's own deadline, else two processes could refresh at once. */
  leaseMs: number;
}): Refresher {
  const { credentials, health, box, clock, log } = deps;
  const owner = createLeaseOwner();
  const singleFlight = createSingleFlight<RefreshResult>();
  const running = new Set<Promise<RefreshResult>>();

  async function refresh(accountId: string, reason: RefreshReason, fromVersion: number): Promise<RefreshResult> {
    let deadOwner: string | undefined;
    for (;;) {
      const now = clock.now();
      const lease = credentials.takeLease(accountId, fromVersion, owner, now, now + deps.leaseMs, deadOwner);
      if (lease.kind === 'changed') return { outcome: 'refreshed' };
      if (lease.kind === 'gone') return { outcome: 'failed', kind: 'permanent', code: 'account_deleted' };
      if (lease.kind === 'held') return await refreshUnderLease(accountId, reason, fromVersion);
      if (isDeadOwner(lease.owner)) deadOwner = lease.owner;
      else await sleep(pollMs);
    }
  }

  async function refreshUnderLease(accountId: string, reason: RefreshReason, version: number): Promise<RefreshResult> {
    const storeUntil = performance.now() + deps.leaseMs;
    const row = credentials.find(accountId);
    const opened = row && open(row);
    if (!row || !opened?.credential.refreshToken) {
      credentials.freeLease(accountId, owner, false, null);
      return fail(accountId, version, 'permanent', row && !opened ? 'credential_unreadable' : 'no_refresh_token');
    }
    const { credential } = opened;
    const answer = await deps.tokenEndpoint.refresh(
      opened.credential.refreshToken,
      reason,
      deps.proxyFor(opened.proxyUrl),
    );
    const renewed =
      'status' in answer && answer.status === 200 ? mergeTokenAnswer(answer.body, credential, clock.now()) : undefined;
    if (renewed) return await store(row, version, renewed, storeUntil);

    const verdict =
      'network' in answer
        ? classifyRefresh(answer.network.network, '', answer.network.phase)
        : classifyRefresh(answer.status, answer.body);
    const isTransient = verdict.kind !== 'permanent';
    credentials.freeLease(
      accountId,
      owner,
      true,
      isTransient ? clock.now() + jittered(backoffMs(credentials.refreshFailures(accountId))) : null,
    );
    // Somebody may have signed in again meanwhile: a failure of the old pair says nothing of the new one.
    if (credentials.find(accountId)?.credentialVersion !== version) return { outcome: 'refreshed' };
    return fail(accountId, version, verdict.kind, verdict.code);
  }

  /** Undefined when the row was sealed with another key: then it needs a new sign-in. */
  function open(row: CredentialRow): { credential: Credential; proxyUrl: string | null } | undefined {
    try {
      return { credential: openCredential(box, row), proxyUrl: openProxyUrl(box, row) };
    } catch (error) {
      if (error instanceof SecretBoxError) return undefined;
      throw error;
    }
  }

  /** The old pair is spent by now: while the database cannot be written, the new one is not given up. */
  async function store(
    row: CredentialRow,
    version: number,
    credential: Credential,
    until: number,
  ): Promise<RefreshResult> {
    const plan =
      readClaims(credential.idToken ?? credential.accessToken).plan ?? readClaims(credential.accessToken).plan;
    const sealed = { ...sealCredential(box, row.id, credential), plan };
    const write = () => credentials.storeRefreshed(row.id, version, sealed, clock.now());
    const isStored = await untilWritten(row.id, write, until);
    if (!isStored)
      log.warn({ account: row.id }, 'A refreshed credential was dropped: the account was signed in again meanwhile');
    else log.info({ account: row.id }, 'Credential refreshed');
    return { outcome: 'refreshed' };
  }

  async function untilWritten<T>(accountId: string, write: () => T, until: number): Promise<T> {
    for (;;) {
      try {
        return write();
      } catch (error) {
        log.error({ account: accountId, err: error }, 'A refreshed credential cannot be written');
        if (performance.now() > until) throw error;
      }
      await sleep(storeAgainMs);
    }
  }

  function fail(
    accountId: string,
    version: number,
    kind: 'permanent' | 'transient' | 'ambiguous',
    code: string,
  ): RefreshResult {
    log.warn({ account: accountId, kind, code }, 'Refresh failed');
    if (kind === 'permanent') health.needLogin(accountId, code, version, clock.now());
    return { outcome: 'failed', kind, code };
  }

  return {
    refresh(accountId, reason, fromVersion) {
      const version = fromVersion ?? credentials.find(accountId)?.credentialVersion;
      if (version === undefined)
        return Promise.resolve({ outcome: 'failed', kind: 'permanent', code: 'account_deleted' });
      const result = singleFlight(`${accountId} ${version}`, () => refresh(accountId, reason, version));
      running.add(result);
      void result.finally(() => running.delete(result)).catch(() => {});
      return result;
    },
    async settled() {
      await Promise.allSettled(running);
    },
  };
}

/**
 * The credential after a 200 of the token endpoint; a token that is absent keeps its old value. Undefined when the
 * body is not what a token endpoint sends: then the refresh is ambiguous, because the old token may be spent.
 */
export function mergeTokenAnswer(body: string, old: Credential, nowMs: number): Credential | undefined {
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const text = (name: string) =>
    typeof answer[name] === 'string' && answer[name] !== '' ? (answer[name] as string) : undefined;
  const accessToken = text('access_token');
  const refreshToken = text('refresh_token');
  if (accessToken === undefined && refreshToken === undefined) return undefined;
  const expiresAt = accessToken === undefined ? old.expiresAt : expiryOf(accessToken, answer['expires_in'], nowMs);
  return {
    accessToken: accessToken ?? old.accessToken,
    refreshToken: refreshToken ?? old.refreshToken,
    idToken: text('id_token') ?? old.idToken,
    expiresAt,
  };
}

/**
 * When a token that was issued just now expires, in our time. Where its `exp` and its span disagree, one of the clocks
 * is wrong, and the span, which needs no clock, wins: else a token could look expired from the start, and be refreshed
 * again and again.
 */
function expiryOf(accessToken: string, expiresIn: unknown, nowMs: number): number | null {
  const { issuedAt, expiresAt } = readClaims(accessToken);
  const ownSpanMs = issuedAt === null || expiresAt === null ? undefined : expiresAt - issuedAt;
  const spanMs = typeof expiresIn === 'number' ? expiresIn * 1_000 : ownSpanMs;
  if (spanMs === undefined || spanMs <= 0) return expiresAt;
  const bySpan = nowMs + spanMs;
  return expiresAt === null || Math.abs(expiresAt - bySpan) > clockToleranceMs ? bySpan : expiresAt;
}

/** Between one and one and a half times `ms`, so that accounts that failed together do not return together. */
function jittered(ms: number): number {
  return ms * (1 + Math.random() / 2);
}
