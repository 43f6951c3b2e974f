import type { AccountState, Credential } from '../account.ts';
import { readClaims } from '../jwt.ts';
import type { AccountDraft } from './draft.ts';

/** An account that is stored already, with its credential opened. */
export interface KnownAccount {
  id: string;
  accountId: string;
  userId: string;
  email: string | null;
  state: AccountState;
  credential: Credential;
  lastRefreshAt: number | null;
}

/**
 * What to do with a draft.
 * - `create`: write it as a new account.
 * - `update`: replace the stored credential by this one and set `userId`.
 * - `unchanged`: the stored credential is this very one.
 * - `stale`: the stored credential is newer; writing this one would lose a refresh token that still works.
 * - `duplicate`: the draft at position `of` is the same account with a fresher credential, or came later.
 */
export type Verdict =
  | { kind: 'create'; userId: string }
  | { kind: 'update'; id: string; userId: string; credential: Credential }
  | { kind: 'unchanged'; id: string }
  | { kind: 'stale'; id: string }
  | { kind: 'duplicate'; of: number };

/** One verdict per draft, in the order of the drafts. `known` must hold every stored account of the drafts' workspaces. */
export function planImport(drafts: readonly AccountDraft[], known: readonly KnownAccount[]): Verdict[] {
  const personOf = createPersonLookup([...known, ...drafts]);
  const keyOf = (identity: Identity) => JSON.stringify([identity.accountId, personOf(identity)]);
  const knownByKey = new Map(known.map((account) => [keyOf(account), account]));
  // An exact match counts more than one by e-mail, should both be stored.
  for (const account of known) if (keyOf(account) === exactKey(account)) knownByKey.set(keyOf(account), account);

  const winners = new Map<string, number>();
  drafts.forEach((draft, position) => {
    const key = keyOf(draft);
    const rival = drafts[winners.get(key) ?? -1];
    if (!rival || compareFreshness(freshnessOf(draft), freshnessOf(rival)) >= 0) winners.set(key, position);
  });

  return drafts.map((draft, position) => {
    const key = keyOf(draft);
    const winner = winners.get(key) ?? position;
    if (winner !== position) return { kind: 'duplicate', of: winner };
    const stored = knownByKey.get(key);
    return stored ? compareWithStored(draft, stored, personOf(draft)) : { kind: 'create', userId: personOf(draft) };
  });
}

/** Any other credential may be better than a dead one, however old it looks; a live one only yields to a newer one. */
function compareWithStored(draft: AccountDraft, stored: KnownAccount, userId: string): Verdict {
  const isDead = stored.state === 'needs-login';
  const given = draft.credential;
  const kept = stored.credential;
  // A file without a refresh or id token says nothing against the stored one.
  const merged = {
    ...given,
    refreshToken: given.refreshToken ?? kept.refreshToken,
    idToken: given.idToken ?? kept.idToken,
  };
  const isSame =
    merged.accessToken === kept.accessToken &&
    merged.refreshToken === kept.refreshToken &&
    merged.idToken === kept.idToken;
  if (isSame && userId === stored.userId) return { kind: 'unchanged', id: stored.id };
  if (isDead) return { kind: 'update', id: stored.id, userId, credential: given };
  const isOlder = compareFreshness(freshnessOf(draft), freshnessOf(stored)) < 0;
  return isOlder ? { kind: 'stale', id: stored.id } : { kind: 'update', id: stored.id, userId, credential: merged };
}

interface Identity {
  accountId: string;
  userId: string;
  email: string | null;
}

const exactKey = ({ accountId, userId }: Identity) => JSON.stringify([accountId, userId]);
const isByEmail = ({ userId, email }: Identity) => email !== null && userId === email.toLowerCase();

/**
 * The person's id, where one file gives it and another only the e-mail: in one workspace they are the same person,
 * unless two persons there have that e-mail.
 */
function createPersonLookup(identities: readonly Identity[]): (identity: Identity) => string {
  const persons = new Map<string, Set<string>>();
  const keyOf = (accountId: string, email: string) => JSON.stringify([accountId, email.toLowerCase()]);
  for (const identity of identities) {
    if (identity.email === null || isByEmail(identity) || identity.userId.startsWith('anon:')) continue;
    const key = keyOf(identity.accountId, identity.email);
    persons.set(key, (persons.get(key) ?? new Set()).add(identity.userId));
  }
  return (identity) => {
    if (identity.email === null || !isByEmail(identity)) return identity.userId;
    const candidates = persons.get(keyOf(identity.accountId, identity.email));
    const [only] = candidates ?? [];
    return candidates?.size === 1 && only !== undefined ? only : identity.userId;
  };
}

/** When a credential was made, by three witnesses, best first. */
type Freshness = readonly [lastRefreshAt: number | null, issuedAt: number | null, expiresAt: number | null];

function freshnessOf({ lastRefreshAt, credential }: AccountDraft | KnownAccount): Freshness {
  return [lastRefreshAt, readClaims(credential.accessToken).issuedAt, credential.expiresAt];
}

/** Negative when `a` is older: by the first witness that both have and that tells them apart. */
function compareFreshness(a: Freshness, b: Freshness): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? null;
    if (left !== null && right !== null && left !== right) return left - right;
  }
  return 0;
}
