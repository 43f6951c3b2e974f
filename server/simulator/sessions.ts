import type { Clock } from '../core/clock.ts';
import type { SimulatedAccount } from './account.ts';
import { accessTokenOf, idTokenOf } from './tokens.ts';

/** One issued pair. Times are epoch milliseconds. */
export interface TokenSet {
  accessToken: string;
  refreshToken: string;
  idToken: string;
  issuedAt: number;
  expiresAt: number;
}

type AccessState = 'live' | 'expired' | 'invalidated';
type RefreshState = 'live' | 'used' | 'invalidated';

export type AccessVerdict =
  | { ok: true; account: SimulatedAccount }
  | { ok: false; account: SimulatedAccount | undefined; code: 'token_expired' | 'token_invalidated' };

export type RefreshVerdict =
  | { ok: true; account: SimulatedAccount; tokens: TokenSet }
  | { ok: false; code: 'refresh_token_reused' | 'refresh_token_invalidated' };

/** Which tokens exist, whose they are and what they are still good for. */
export interface SessionStore {
  issue(account: SimulatedAccount, lifetimeMs?: number): TokenSet;
  latest(account: SimulatedAccount): TokenSet;
  checkAccess(token: string): AccessVerdict;
  /** The account a refresh token was issued to, whatever its state. */
  ownerOfRefresh(token: string): SimulatedAccount | undefined;
  /** Uses up a refresh token and issues a new pair: each one works once. */
  rotate(refreshToken: string): RefreshVerdict;
  revokeRefresh(refreshToken: string): void;
  expireAccess(account: SimulatedAccount): void;
  revokeAll(account: SimulatedAccount): void;
}

export function createSessionStore(clock: Clock, lifetimeMs: number): SessionStore {
  const access = new Map<string, { account: SimulatedAccount; expiresAt: number; state: AccessState }>();
  const refresh = new Map<string, { account: SimulatedAccount; state: RefreshState }>();
  const newest = new Map<SimulatedAccount, TokenSet>();
  let serial = 0;

  function issue(account: SimulatedAccount, lifetime = lifetimeMs): TokenSet {
    serial += 1;
    const issuedAt = clock.now();
    const times = { issuedAt, expiresAt: issuedAt + lifetime };
    const tokens: TokenSet = {
      accessToken: accessTokenOf(account, times, serial),
      idToken: idTokenOf(account, times, serial),
      refreshToken: `rt_sim_${account.name}_${serial}`,
      ...times,
    };
    access.set(tokens.accessToken, { account, expiresAt: times.expiresAt, state: 'live' });
    refresh.set(tokens.refreshToken, { account, state: 'live' });
    newest.set(account, tokens);
    return tokens;
  }

  return {
    issue,
    latest: (account) => newest.get(account) ?? issue(account),
    checkAccess(token) {
      const known = access.get(token);
      if (!known || known.state === 'invalidated')
        return { ok: false, account: known?.account, code: 'token_invalidated' };
      const { account } = known;
      const isExpired = known.state === 'expired' || known.expiresAt <= clock.now();
      return isExpired ? { ok: false, account, code: 'token_expired' } : { ok: true, account };
    },
    ownerOfRefresh: (token) => refresh.get(token)?.account,
    rotate(refreshToken) {
      const known = refresh.get(refreshToken);
      if (!known || known.state === 'invalidated') return { ok: false, code: 'refresh_token_invalidated' };
      if (known.state === 'used') return { ok: false, code: 'refresh_token_reused' };
      known.state = 'used';
      return { ok: true, account: known.account, tokens: issue(known.account) };
    },
    revokeRefresh(refreshToken) {
      const known = refresh.get(refreshToken);
      if (known) known.state = 'invalidated';
    },
    expireAccess(account) {
      for (const token of access.values())
        if (token.account === account && token.state === 'live') token.state = 'expired';
    },
    revokeAll(account) {
      for (const token of access.values()) if (token.account === account) token.state = 'invalidated';
      for (const token of refresh.values()) if (token.account === account) token.state = 'invalidated';
    },
  };
}
