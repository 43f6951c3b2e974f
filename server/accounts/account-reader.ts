import { LRUCache } from 'lru-cache';
import type { CredentialRepository } from '../../db/repositories/credentials.ts';
import type { SecretBox } from '../core/secret-box.ts';
import type { AccountHandle } from './account.ts';
import { readClaims } from './jwt.ts';
import { openAccessToken, openProxyUrl } from './sealed-columns.ts';

/**
 * Reads accounts with their opened credentials, remembering them by version: opening costs more than a request may.
 * `version` is `credentialVersion` and `updatedAt` of a row just read, so that a change is never missed.
 */
export interface AccountReader {
  read(id: string, version?: { credentialVersion: number; updatedAt: number }): AccountHandle | undefined;
}

export function createAccountReader(deps: { credentials: CredentialRepository; box: SecretBox }): AccountReader {
  const known = new LRUCache<string, AccountHandle & { updatedAt: number }>({ max: 20_000 });
  return {
    read(id, version) {
      const cached = version && known.get(id);
      if (cached && cached.credentialVersion === version.credentialVersion && cached.updatedAt === version.updatedAt)
        return cached;
      const row = deps.credentials.find(id);
      if (!row) return undefined;
      const accessToken = openAccessToken(deps.box, row);
      const claims = readClaims(accessToken);
      const handle = {
        id: row.id,
        name: row.name,
        accountId: row.accountId,
        accessToken,
        expiresAt: row.expiredAt,
        isRenewable: row.refreshToken !== null,
        credentialVersion: row.credentialVersion,
        proxyUrl: openProxyUrl(deps.box, row),
        routingOverride: row.routingOverride,
        backendOrigin: row.backendOrigin,
        residency: claims.residency,
        isFedramp: claims.isFedramp,
        updatedAt: row.updatedAt,
      };
      known.set(id, handle);
      return handle;
    },
  };
}
