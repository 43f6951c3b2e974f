import type { AccountState, Credential } from '../account.ts';
import type { ExtraFields } from '../sealed-columns.ts';

/** What an operator set for an account. Taken over when an account is made, never when it is updated. */
export interface DraftSettings {
  priority: number;
  maxConcurrency: number | null;
  proxyUrl: string | null;
  notes: string | null;
  state: Exclude<AccountState, 'cooling'>;
  stateReason: string | null;
}

/** What an account did before, elsewhere. Taken over when an account is made. Times are epoch milliseconds. */
export interface DraftHistory {
  totalRequests: number;
  successRequests: number;
  failedRequests: number;
  lastUsedAt: number | null;
  createdAt: number | null;
}

/** An account as a file describes it. Its identity is (accountId, userId). */
export interface AccountDraft {
  name: string;
  email: string | null;
  /** Empty when unknown. */
  accountId: string;
  /** The person's id; else the e-mail in lower case; else `anon:` and a hash of the credential. */
  userId: string;
  plan: string | null;
  credential: Credential;
  lastRefreshAt: number | null;
  settings: DraftSettings;
  history: DraftHistory | null;
  /** Fields of the file that mean nothing to us, where they stood. */
  extra: ExtraFields;
}

export type RejectionCode =
  | 'not_json'
  | 'empty'
  | 'not_an_object'
  | 'api_key'
  | 'other_provider'
  | 'no_access_token'
  | 'bad_proxy_url';

/** Why something is not an account. Never holds a value of the file that could be a secret. */
export interface Rejection {
  code: RejectionCode;
  reason: string;
}
