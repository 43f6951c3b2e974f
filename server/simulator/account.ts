import type { Clock } from '../core/clock.ts';
import { defaultSlugs } from './catalogue.ts';
import { defaultQuota, patchQuota, type QuotaPatch, type QuotaWindows, quotaAt } from './quota.ts';
import type { SessionStore, TokenSet } from './sessions.ts';
import { codexClientId, stableUuid } from './tokens.ts';

export interface AccountOptions {
  /** Default `account-N`. Unique in one simulator. */
  name?: string | undefined;
  /** Default `plus`. */
  plan?: string | undefined;
  accountId?: string | undefined;
  userId?: string | undefined;
  /** Slugs this account may use; default: the whole catalogue. */
  models?: readonly string[] | undefined;
  /** Life of the first access token; may be negative. Default: the simulator's. */
  expiresInMs?: number | undefined;
  windows?: QuotaPatch | undefined;
}

/** What `accounts/check` says about where this account's workspace must be called. */
export interface AccountRouting {
  /** `us`, `us_cr` or `NO_CONSTRAINT`. */
  override: string;
  /** A bare origin or `NO_CONSTRAINT`. */
  origin: string;
}

/** The file a Codex command line keeps its sign-in in. */
export interface AuthJson {
  auth_mode: 'chatgpt';
  OPENAI_API_KEY: null;
  tokens: {
    id_token: string;
    access_token: string;
    refresh_token: string;
    account_id: string;
    oauth_provenance: { issuer: string; client_id: string };
  };
  last_refresh: string;
}

/** One login the simulated backend knows, with the levers that make it misbehave. */
export interface SimulatedAccount {
  readonly name: string;
  /** The workspace: `chatgpt-account-id`. */
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  readonly plan: string;
  readonly models: readonly string[];
  /** As of now: a period that is over has started anew. */
  readonly quota: QuotaWindows;
  readonly isDeactivated: boolean;
  readonly routing: AccountRouting;
  /** The tokens issued last. */
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string;
  /** The sign-in as `auth.json`, with the tokens issued last. */
  authJson(): AuthJson;
  /** The backend rejects every access token issued so far (`token_expired`), whatever their `exp` says. */
  expireAccessToken(): void;
  /** The person was signed out: access and refresh tokens issued so far are dead for good. */
  revokeSession(): void;
  /** A new login of the same person: new tokens; the old ones go on as they were. */
  signIn(): void;
  /** A window at 100 % makes /responses answer 429 `usage_limit_reached` until its reset. */
  setWindows(windows: QuotaPatch): void;
  setModels(slugs: readonly string[]): void;
  /** Tokens issued from now on carry the new plan; headers and usage show it at once. */
  setPlan(plan: string): void;
  /** Every model call is answered 402 `deactivated_workspace`. */
  setDeactivated(isDeactivated: boolean): void;
  setRouting(routing: Partial<AccountRouting>): void;
}

export interface AccountDeps {
  clock: Clock;
  sessions: SessionStore;
  issuer: string;
  name: string;
}

export function createAccount(deps: AccountDeps, options: AccountOptions): SimulatedAccount {
  const { clock, sessions, issuer, name } = deps;
  const email = `${name}@example.com`;
  const accountId = options.accountId ?? stableUuid(`account ${name}`);
  const userId = options.userId ?? `user-${stableUuid(`user ${name}`).replaceAll('-', '').slice(0, 24)}`;
  let plan = options.plan ?? 'plus';
  let models = [...(options.models ?? defaultSlugs)];
  let quota = patchQuota(defaultQuota(clock.now()), options.windows ?? {}, clock.now());
  let isDeactivated = false;
  let routing: AccountRouting = { override: 'NO_CONSTRAINT', origin: 'NO_CONSTRAINT' };

  const account: SimulatedAccount = {
    name,
    accountId,
    userId,
    email,
    get plan() {
      return plan;
    },
    get models() {
      return models;
    },
    get quota() {
      return quotaAt(quota, clock.now());
    },
    get isDeactivated() {
      return isDeactivated;
    },
    get routing() {
      return routing;
    },
    get accessToken() {
      return latest().accessToken;
    },
    get refreshToken() {
      return latest().refreshToken;
    },
    get idToken() {
      return latest().idToken;
    },
    authJson: () => authJsonOf(latest(), accountId, issuer),
    expireAccessToken: () => sessions.expireAccess(account),
    revokeSession: () => sessions.revokeAll(account),
    signIn: () => void sessions.issue(account),
    setWindows(windows) {
      quota = patchQuota(quotaAt(quota, clock.now()), windows, clock.now());
    },
    setModels(slugs) {
      models = [...slugs];
    },
    setPlan(newPlan) {
      plan = newPlan;
    },
    setDeactivated(value) {
      isDeactivated = value;
    },
    setRouting(change) {
      routing = { ...routing, ...change };
    },
  };
  const latest = (): TokenSet => sessions.latest(account);
  sessions.issue(account, options.expiresInMs);
  return account;
}

/** The owner written into bound texts: one person in one workspace. */
export function ownerKey(account: SimulatedAccount): string {
  return `${account.userId}@${account.accountId}`;
}

function authJsonOf(tokens: TokenSet, accountId: string, issuer: string): AuthJson {
  return {
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      account_id: accountId,
      oauth_provenance: { issuer, client_id: codexClientId },
    },
    last_refresh: new Date(tokens.issuedAt).toISOString(),
  };
}
