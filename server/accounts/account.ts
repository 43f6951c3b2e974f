/** The status machine of an account: why it is out of use, and until when. Only `active` accounts are selected. */
export type AccountState = 'active' | 'cooling' | 'needs-login' | 'disabled';

/**
 * What a failure does to the account it happened on.
 * - `none`: the account is not at fault.
 * - `cool`: out of use for all models until `untilMs` (epoch), or for a growing back-off when absent.
 * - `block-model`: this account and this model are set aside.
 * - `needs-login`: the credential is dead; a person must sign in again.
 * - `disable`: the account is dead until its operator acts.
 */
export type AccountEffect =
  | { kind: 'none' }
  | { kind: 'cool'; reason: string; untilMs?: number | undefined; quotaSpent?: true | undefined }
  | { kind: 'block-model'; reason: string }
  | { kind: 'needs-login'; reason: string }
  | { kind: 'disable'; reason: string };

/** The plain credential of an account. Lives in memory only while it is used; at rest every field is sealed. */
export interface Credential {
  accessToken: string;
  refreshToken: string | null;
  idToken: string | null;
  /** Epoch milliseconds; null is unknown. */
  expiresAt: number | null;
}

/** What a selected account needs for an upstream call. */
export interface AccountHandle {
  id: string;
  name: string;
  /** `chatgpt-account-id`; empty when unknown. */
  accountId: string;
  accessToken: string;
  /** When the access token expires (epoch milliseconds); null is unknown. */
  expiresAt: number | null;
  /** Whether it can be renewed without a person. */
  isRenewable: boolean;
  credentialVersion: number;
  proxyUrl: string | null;
  routingOverride: string | null;
  /** Origin that replaces the base URL's, when the account's workspace demands one. */
  backendOrigin: string | null;
  /** Data residency claim of the access token; null is no constraint. */
  residency: string | null;
  isFedramp: boolean;
}
