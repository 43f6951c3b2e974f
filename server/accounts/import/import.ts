import type { Db } from '../../../db/client.ts';
import { type AccountRepository, createAccountRepository } from '../../../db/repositories/accounts.ts';
import type { Clock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import type { SecretBox } from '../../core/secret-box.ts';
import type { Credential } from '../account.ts';
import { openCredential, sealCredential, sealExtra, sealProxyUrl } from '../sealed-columns.ts';
import type { AccountDraft } from './draft.ts';
import { parseAccounts } from './parse.ts';
import { type KnownAccount, planImport, type Verdict } from './plan.ts';

export interface AccountStore {
  db: Db;
  box: SecretBox;
  clock: Clock;
}

export interface ImportSource {
  /** File name, or what else tells the source to the operator. */
  name: string;
  text: string;
}

export type ImportOutcome = 'created' | 'updated' | 'unchanged' | 'duplicate' | 'stale' | 'rejected';

export interface ImportItem {
  source: string;
  /** Position within the source, from 0. */
  index: number;
  label: string;
  outcome: ImportOutcome;
  /** The account concerned; absent for what was rejected, and in a preview for what would be created. */
  id?: string;
  reason?: string;
}

export interface ImportReport {
  counts: Record<ImportOutcome, number>;
  items: ImportItem[];
}

/** What came of one draft. */
export type DraftResult = Pick<ImportItem, 'outcome' | 'id' | 'reason'>;

/** Cool-downs that a new sign-in ends: the upstream had refused the account itself, not its quota. */
const credentialReasons = ['forbidden', 'region_not_authorized'];

/**
 * Brings the accounts of files of any known format into the pool: new ones are made, known ones (same workspace and
 * person) get the new credential and keep everything else. All or nothing is written, in one transaction; items that
 * are rejected do not count as failure. `preview` reports the same and writes nothing.
 */
export function importAccounts(
  store: AccountStore,
  sources: readonly ImportSource[],
  options: { preview?: boolean } = {},
): ImportReport {
  const parsed = sources.flatMap(({ name, text }) => parseAccounts(text).map((item) => ({ source: name, item })));
  const drafts = parsed.flatMap(({ item }) => (item.outcome === 'draft' ? [item.draft] : []));
  const results = options.preview
    ? previewDrafts(store, drafts)
    : store.db.sqlite.transaction(() => applyDrafts(store, drafts)).immediate();

  const remaining = results.values();
  const items = parsed.map(({ source, item }): ImportItem => {
    const { index, label } = item;
    if (item.outcome === 'rejected') return { source, index, label, outcome: 'rejected', reason: item.reason };
    const result = remaining.next().value;
    if (!result) throw new Error('An import planned fewer drafts than it was given.');
    return { source, index, label, ...result };
  });
  return { counts: countOutcomes(items), items };
}

/** Writes what the drafts call for; one result per draft, in order. Belongs inside an immediate transaction. */
export function applyDrafts(store: AccountStore, drafts: readonly AccountDraft[]): DraftResult[] {
  const repository = createAccountRepository(store.db);
  const verdicts = planImport(drafts, openKnown(store, repository, drafts));
  const ids = new Map<number, string>();
  verdicts.forEach((verdict, position) => {
    const draft = drafts[position];
    if (draft) ids.set(position, applyVerdict(store, repository, draft, verdict));
  });
  return verdicts.map((verdict, position) =>
    resultOf(verdict, ids.get(verdict.kind === 'duplicate' ? verdict.of : position)),
  );
}

function previewDrafts(store: AccountStore, drafts: readonly AccountDraft[]): DraftResult[] {
  const known = openKnown(store, createAccountRepository(store.db), drafts);
  const verdicts = planImport(drafts, known);
  return verdicts.map((verdict) => {
    const target = verdict.kind === 'duplicate' ? verdicts[verdict.of] : verdict;
    return resultOf(verdict, target && 'id' in target ? target.id : undefined);
  });
}

function openKnown(
  { box }: AccountStore,
  repository: AccountRepository,
  drafts: readonly AccountDraft[],
): KnownAccount[] {
  const workspaces = [...new Set(drafts.map((draft) => draft.accountId))];
  return repository.ofWorkspaces(workspaces).map((row) => ({
    id: row.id,
    accountId: row.accountId,
    userId: row.userId,
    email: row.email,
    state: row.state,
    credential: openCredential(box, row),
    lastRefreshAt: row.lastRefreshAt,
  }));
}

/** Does what the verdict says and returns the id of the account; empty for a duplicate, which has its winner's. */
function applyVerdict(
  store: AccountStore,
  repository: AccountRepository,
  draft: AccountDraft,
  verdict: Verdict,
): string {
  if (verdict.kind === 'create') return create(store, repository, draft, verdict.userId);
  if (verdict.kind === 'update') replace(store, repository, draft, verdict.id, verdict.userId, verdict.credential);
  return verdict.kind === 'duplicate' ? '' : verdict.id;
}

function create(
  { box, clock }: AccountStore,
  repository: AccountRepository,
  draft: AccountDraft,
  userId: string,
): string {
  const id = newId('acc');
  const now = clock.now();
  const { proxyUrl, ...settings } = draft.settings;
  const { createdAt, ...history } = draft.history ?? { createdAt: null };
  const { name, email, accountId, plan, lastRefreshAt } = draft;
  repository.insert(
    {
      id,
      name,
      email,
      accountId,
      userId,
      plan,
      lastRefreshAt,
      ...sealCredential(box, id, draft.credential),
      ...settings,
      ...history,
      proxyUrl: sealProxyUrl(box, id, proxyUrl),
      extra: sealExtra(box, id, draft.extra),
      createdAt: createdAt ?? now,
    },
    now,
  );
  return id;
}

function replace(
  { box, clock }: AccountStore,
  repository: AccountRepository,
  draft: AccountDraft,
  id: string,
  userId: string,
  credential: Credential,
): void {
  const { email, plan, lastRefreshAt } = draft;
  const replacement = {
    userId,
    email,
    plan,
    lastRefreshAt,
    ...sealCredential(box, id, credential),
    extra: sealExtra(box, id, draft.extra),
  };
  repository.replaceCredential(id, replacement, credentialReasons, clock.now());
}

const outcomes = {
  create: 'created',
  update: 'updated',
  unchanged: 'unchanged',
  duplicate: 'duplicate',
  stale: 'stale',
} as const;
const reasons: Partial<Record<Verdict['kind'], string>> = {
  duplicate: 'the same account stands in this import again, with a credential that is as fresh or fresher',
  stale: 'the stored credential is newer',
};

function resultOf(verdict: Verdict, id: string | undefined): DraftResult {
  const reason = reasons[verdict.kind];
  return { outcome: outcomes[verdict.kind], ...(id !== undefined && { id }), ...(reason !== undefined && { reason }) };
}

function countOutcomes(items: readonly ImportItem[]): Record<ImportOutcome, number> {
  const counts = { created: 0, updated: 0, unchanged: 0, duplicate: 0, stale: 0, rejected: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  return counts;
}
