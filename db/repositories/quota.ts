import type { Db } from '../client.ts';

export interface QuotaWindowRow {
  family: string;
  windowSeconds: number;
  usedPercent: number;
  resetsAtMs: number | null;
  source: 'headers' | 'event' | 'usage';
  readAtMs: number;
}

export interface QuotaRank {
  rank: number;
  resetsAtMs: number;
}

export interface QuotaRepository {
  /** Inside `transaction`. Nothing for an account that is gone. */
  save(accountId: string, windows: readonly QuotaWindowRow[], plan: string | null, rank: QuotaRank, now: number): void;
  transaction(work: () => void): void;
  saveRank(accountId: string, rank: QuotaRank): void;
  windows(accountId: string): QuotaWindowRow[];
  /** Accounts ranked by a window whose reset has passed. */
  withPassedReset(now: number): string[];
}

export function createQuotaRepository(db: Db): QuotaRepository {
  const { sqlite } = db;
  const removeFamily = sqlite.query<unknown, [string, string]>(
    'delete from quota_windows where token_id = ? and family = ?',
  );
  const insert = sqlite.query<unknown, [string, string, number, number, number | null, string, number]>(
    `insert into quota_windows (token_id, family, window_seconds, used_percent, resets_at, source, read_at) values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set used_percent = excluded.used_percent, resets_at = excluded.resets_at, source = excluded.source, read_at = excluded.read_at`,
  );
  const account = sqlite.query<unknown, [number, number, number, string | null, string]>(
    'update tokens set quota_rank = ?, quota_reset_at = ?, quota_checked_at = ?, plan = coalesce(?, plan) where id = ?',
  );
  const rankOnly = sqlite.query<unknown, [number, number, string]>(
    'update tokens set quota_rank = ?, quota_reset_at = ? where id = ?',
  );
  const windows = sqlite.query<QuotaWindowRow, [string]>(
    `select family, window_seconds as windowSeconds, used_percent as usedPercent, resets_at as resetsAtMs, source, read_at as readAtMs
       from quota_windows where token_id = ? order by family, window_seconds`,
  );
  const passed = sqlite.query<{ id: string }, [number]>('select id from tokens where quota_reset_at <= ?');
  const exists = sqlite.query<unknown, [string]>('select 1 from tokens where id = ?');

  const transaction = sqlite.transaction((work: () => void) => work());
  const save: QuotaRepository['save'] = (accountId, rows, plan, rank, now) => {
    if (exists.get(accountId) === null) return;
    for (const family of new Set(rows.map((row) => row.family))) removeFamily.run(accountId, family);
    for (const row of rows)
      insert.run(accountId, row.family, row.windowSeconds, row.usedPercent, row.resetsAtMs, row.source, row.readAtMs);
    account.run(rank.rank, rank.resetsAtMs, now, plan, accountId);
  };

  return {
    save,
    transaction: (work) => transaction.immediate(work),
    saveRank: (accountId, rank) => void rankOnly.run(rank.rank, rank.resetsAtMs, accountId),
    windows: (accountId) => windows.all(accountId),
    withPassedReset: (now) => passed.all(now).map((row) => row.id),
  };
}
