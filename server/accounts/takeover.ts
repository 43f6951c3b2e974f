import { createHash } from 'node:crypto';
import { createTakeoverRepository, type OldLogRow, type TakeoverRepository } from '../../db/repositories/takeover.ts';
import { newId } from '../core/ids.ts';
import { redact } from '../core/log.ts';
import { hashKey, visiblePrefix } from '../keys/key.ts';
import type { AccountDraft } from './import/draft.ts';
import { labelOf, readRecord } from './import/formats.ts';
import { type AccountStore, applyDrafts, type ImportItem } from './import/import.ts';
import {
  type OldDatabase,
  type OldKey,
  type OldLog,
  type OldToken,
  type OldUser,
  openOldDatabase,
} from './takeover-source.ts';

export interface TakeoverReport {
  /** One item per account of the old database; `source` is its path. */
  accounts: ImportItem[];
  /** Client keys that were added, and that were here already. */
  keys: { added: number; existing: number };
  users: {
    added: string[];
    /** There is a user of that name here, who was left as is. */
    kept: string[];
    /** Added with the predecessor's default password, which must be changed at the next sign-in. */
    mustChangePassword: string[];
  };
  logs: { added: number; existing: number };
}

const defaultPassword = 'admin123';

/**
 * Brings accounts, client keys, users, counters and logs of the predecessor's database at `oldPath` into ours, in one
 * transaction. The old file is only read. Doing it again adds only what has come since: counters are taken over with
 * the row they belong to, log rows are known by their content. Throws TakeoverError when the file is none of its own.
 */
export function takeOver(store: AccountStore, oldPath: string): TakeoverReport {
  const old = openOldDatabase(oldPath);
  try {
    // Password hashing is slow by design: not inside the transaction.
    const users = old.users().map((user) => ({ ...user, hasDefaultPassword: isDefaultPassword(user.passwordHash) }));
    return store.db.sqlite.transaction(() => copyAll(store, old, users, oldPath)).immediate();
  } finally {
    old.close();
  }
}

function copyAll(
  store: AccountStore,
  old: OldDatabase,
  users: readonly (OldUser & { hasDefaultPassword: boolean })[],
  source: string,
): TakeoverReport {
  const repository = createTakeoverRepository(store.db);
  const now = store.clock.now();
  const tokens = old.tokens();
  const accounts = copyAccounts(store, tokens, source);
  const accountIds = new Map(tokens.map(({ id }, position) => [id, accounts[position]?.id ?? null]));
  const keys = copyKeys(repository, old.keys(), now);
  return {
    accounts,
    keys: keys.counts,
    users: copyUsers(repository, users, now),
    logs: copyLogs(repository, old.logs(), keys.byOldId, accountIds, now),
  };
}

function copyAccounts(store: AccountStore, tokens: readonly OldToken[], source: string): ImportItem[] {
  const readings = tokens.map(({ record }) => readRecord(record));
  const drafts = readings.flatMap((reading, position): AccountDraft[] =>
    'draft' in reading ? [withHistory(reading.draft, tokens[position])] : [],
  );
  const results = applyDrafts(store, drafts).values();
  return readings.map((reading, index): ImportItem => {
    const label = labelOf(tokens[index]?.record, index);
    const result = 'draft' in reading ? results.next().value : undefined;
    if (result) return { source, index, label, ...result };
    return {
      source,
      index,
      label,
      outcome: 'rejected',
      ...('rejection' in reading && { reason: reading.rejection.reason }),
    };
  });
}

function withHistory(draft: AccountDraft, token: OldToken | undefined): AccountDraft {
  if (!token) return draft;
  const { totalRequests, successRequests, failedRequests, lastUsedAt, createdAt } = token;
  return { ...draft, history: { totalRequests, successRequests, failedRequests, lastUsedAt, createdAt } };
}

interface CopiedKeys {
  /** Old row id → our id. */
  byOldId: Map<number, string>;
  counts: TakeoverReport['keys'];
}

function copyKeys(repository: TakeoverRepository, keys: readonly OldKey[], now: number): CopiedKeys {
  const byOldId: CopiedKeys['byOldId'] = new Map();
  const counts = { added: 0, existing: 0 };
  for (const old of keys) {
    const keyHash = hashKey(old.key);
    const prefix = visiblePrefix(old.key);
    const { name, isActive, usageCount, lastUsedAt } = old;
    const row = {
      id: newId('key'),
      name: name ?? `key ${old.id}`,
      keyHash,
      prefix,
      isActive,
      usageCount,
      lastUsedAt,
      createdAt: old.createdAt ?? now,
      updatedAt: now,
    };
    const { id, isNew } = repository.addKey(row);
    counts[isNew ? 'added' : 'existing'] += 1;
    byOldId.set(old.id, id);
  }
  return { byOldId, counts };
}

function copyUsers(
  repository: TakeoverRepository,
  users: readonly (OldUser & { hasDefaultPassword: boolean })[],
  now: number,
): TakeoverReport['users'] {
  const report: TakeoverReport['users'] = { added: [], kept: [], mustChangePassword: [] };
  for (const { username, passwordHash, hasDefaultPassword, createdAt } of users) {
    const row = {
      id: newId('usr'),
      username,
      passwordHash,
      mustChangePassword: hasDefaultPassword,
      createdAt: createdAt ?? now,
      updatedAt: now,
    };
    if (!repository.addUser(row)) report.kept.push(username);
    else {
      report.added.push(username);
      if (hasDefaultPassword) report.mustChangePassword.push(username);
    }
  }
  return report;
}

function copyLogs(
  repository: TakeoverRepository,
  logs: Iterable<OldLog>,
  keys: CopiedKeys['byOldId'],
  accountIds: ReadonlyMap<number, string | null>,
  now: number,
): TakeoverReport['logs'] {
  let seen = 0;
  function* rows(): Iterable<OldLogRow> {
    for (const log of logs) {
      seen += 1;
      yield {
        requestId: oldRequestId(log),
        apiKeyId: log.keyId === null ? null : (keys.get(log.keyId) ?? null),
        tokenId: log.tokenId === null ? null : (accountIds.get(log.tokenId) ?? null),
        endpoint: log.endpoint,
        model: log.model,
        statusCode: log.statusCode,
        // The predecessor noted no codes, but without one a row counts as a success.
        errorCode: log.statusCode >= 400 ? 'unknown_error' : null,
        errorMessage: log.errorMessage && redact(log.errorMessage),
        createdAt: log.createdAt ?? now,
      };
    }
  }
  const added = repository.addLogs(rows());
  return { added, existing: seen - added };
}

/** The same row has the same id at every takeover, wherever its file lies, and rows of two old databases differ. */
function oldRequestId({ id, keyId, tokenId, model, endpoint, statusCode, createdAt }: OldLog): string {
  const content = JSON.stringify([id, keyId, tokenId, model, endpoint, statusCode, createdAt]);
  return `old_${createHash('sha256').update(content).digest('hex').slice(0, 24)}`;
}

function isDefaultPassword(hash: string): boolean {
  try {
    return /^\$2[aby]\$/.test(hash) && Bun.password.verifySync(defaultPassword, hash);
  } catch {
    // A damaged hash fits no password; one such user must not keep everything else from being taken over.
    return false;
  }
}
