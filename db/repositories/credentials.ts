import type { Db } from '../client.ts';

/** A row's sealed credential and what an upstream call needs beside it. */
export interface CredentialRow {
  id: string;
  name: string;
  accountId: string;
  accessToken: Buffer;
  refreshToken: Buffer | null;
  idToken: Buffer | null;
  proxyUrl: Buffer | null;
  expiredAt: number | null;
  credentialVersion: number;
  updatedAt: number;
  routingOverride: string | null;
  backendOrigin: string | null;
}

export interface SealedCredential {
  accessToken: Buffer;
  refreshToken: Buffer | null;
  idToken: Buffer | null;
  expiredAt: number | null;
  plan: string | null;
}

/** No refresh is put off for longer: a later time was written before the clock was set back. */
const longestRetryMs = 10 * 60_000;

export type LeaseOutcome =
  | { kind: 'held' }
  | { kind: 'changed' }
  | { kind: 'busy'; owner: string; until: number }
  | { kind: 'gone' };

/** Credentials and the refresh lease: at most one process refreshes an account, and only from the version it read. */
export interface CredentialRepository {
  find(id: string): CredentialRow | undefined;
  /** Takes the lease when it is free, expired or held by `deadOwner`, and the version is still `version`. */
  takeLease(id: string, version: number, owner: string, now: number, until: number, deadOwner?: string): LeaseOutcome;
  /**
   * Writes the new pair and frees the lease, in one statement. False when somebody else changed the pair meanwhile. A
   * lease that ran out does not matter: the pair is the only one that is still good.
   */
  storeRefreshed(id: string, version: number, credential: SealedCredential, now: number): boolean;
  /** Frees the lease after a failure; `retryAt` bars background refreshes until then. */
  freeLease(id: string, owner: string, failed: boolean, retryAt: number | null): void;
  refreshFailures(id: string): number;
  /** Accounts whose access token expires before `before` and that may be refreshed at `now`, soonest first. */
  dueForRefresh(before: number, now: number, limit: number): { id: string; expiredAt: number }[];
}

export function createCredentialRepository(db: Db): CredentialRepository {
  const { sqlite } = db;
  const byId = sqlite.query<
    Omit<CredentialRow, 'accessToken' | 'refreshToken' | 'idToken' | 'proxyUrl'> &
      Record<'accessToken' | 'refreshToken' | 'idToken' | 'proxyUrl', Uint8Array | null>,
    [string]
  >(
    `select id, name, account_id as accountId, access_token as accessToken, refresh_token as refreshToken, id_token as idToken,
       proxy_url as proxyUrl, expired_at as expiredAt, credential_version as credentialVersion, updated_at as updatedAt,
       routing_override as routingOverride, backend_origin as backendOrigin from tokens where id = ?`,
  );
  const take = sqlite.query<unknown, [string, number, string, number, number, string]>(
    `update tokens set refresh_lease_owner = ?, refresh_lease_until = ?
       where id = ? and credential_version = ? and (refresh_lease_until is null or refresh_lease_until < ? or refresh_lease_owner = ?)`,
  );
  const lease = sqlite.query<{ version: number; owner: string | null; until: number | null }, [string]>(
    'select credential_version as version, refresh_lease_owner as owner, refresh_lease_until as until from tokens where id = ?',
  );
  const store = sqlite.query<
    unknown,
    [Buffer, Buffer | null, Buffer | null, number | null, string | null, number, number, string, number]
  >(
    `update tokens set access_token = ?, refresh_token = ?, id_token = ?, expired_at = ?, plan = coalesce(?, plan), last_refresh_at = ?,
       updated_at = max(updated_at + 1, ?), credential_version = credential_version + 1, refresh_lease_owner = null, refresh_lease_until = null,
       refresh_retry_at = null, refresh_failures = 0
       where id = ? and credential_version = ?`,
  );
  const free = sqlite.query<unknown, [number, number | null, string, string]>(
    `update tokens set refresh_lease_owner = null, refresh_lease_until = null, refresh_failures = refresh_failures + ?, refresh_retry_at = ?
       where id = ? and refresh_lease_owner = ?`,
  );
  const failures = sqlite.query<{ failures: number }, [string]>(
    'select refresh_failures as failures from tokens where id = ?',
  );
  const due = sqlite.query<{ id: string; expiredAt: number }, [number, number, number, number]>(
    `select id, expired_at as expiredAt from tokens
       where expired_at < ? and refresh_token is not null and state in ('active', 'cooling')
         and (refresh_retry_at is null or refresh_retry_at <= ? or refresh_retry_at > ? + ${longestRetryMs})
       order by expired_at limit ?`,
  );
  const toBuffer = (value: Uint8Array | null) =>
    value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength);

  return {
    find(id) {
      const row = byId.get(id);
      const accessToken = toBuffer(row?.accessToken ?? null);
      if (!row || !accessToken) return undefined;
      return {
        ...row,
        accessToken,
        refreshToken: toBuffer(row.refreshToken),
        idToken: toBuffer(row.idToken),
        proxyUrl: toBuffer(row.proxyUrl),
      };
    },
    takeLease(id, version, owner, now, until, deadOwner = '') {
      if (take.run(owner, until, id, version, now, deadOwner).changes > 0) return { kind: 'held' };
      const current = lease.get(id);
      if (!current) return { kind: 'gone' };
      if (current.version !== version) return { kind: 'changed' };
      return { kind: 'busy', owner: current.owner ?? '', until: current.until ?? now };
    },
    storeRefreshed: (id, version, credential, now) =>
      store.run(
        credential.accessToken,
        credential.refreshToken,
        credential.idToken,
        credential.expiredAt,
        credential.plan,
        now,
        now,
        id,
        version,
      ).changes > 0,
    freeLease: (id, owner, failed, retryAt) => void free.run(failed ? 1 : 0, retryAt, id, owner),
    refreshFailures: (id) => failures.get(id)?.failures ?? 0,
    dueForRefresh: (before, now, limit) => due.all(before, now, now, limit),
  };
}
