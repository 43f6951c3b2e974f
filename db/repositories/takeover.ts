import { eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { apiKeys, users } from '../schema/index.ts';
import { dayMs, hourMs } from './usage.ts';

/** A log row of the predecessor, which knew less of a request than we do. Times are epoch milliseconds. */
export interface OldLogRow {
  requestId: string;
  apiKeyId: string | null;
  tokenId: string | null;
  endpoint: string;
  model: string | null;
  statusCode: number;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: number;
}

/** Rows that a takeover adds. What is there already is left as it is, so that a second takeover changes nothing. */
export interface TakeoverRepository {
  /** Adds the key unless one with that hash exists; the id of the one that is there then. */
  addKey(row: typeof apiKeys.$inferInsert): { id: string; isNew: boolean };
  /** Adds the user unless one of that name exists. */
  addUser(row: typeof users.$inferInsert): boolean;
  /** Adds rows that are not there yet, also to the totals; returns how many those were. */
  addLogs(rows: Iterable<OldLogRow>): number;
}

export function createTakeoverRepository({ orm, sqlite }: Db): TakeoverRepository {
  const insertLog = sqlite.query<
    unknown,
    [string, string | null, string | null, string, string | null, number, string | null, string | null, number]
  >(
    `insert or ignore into api_logs (request_id, api_key_id, token_id, endpoint, model, status_code, error_code, error_message, duration_ms, created_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
  );
  const lastLog = sqlite.query<{ id: number }, []>('select coalesce(max(id), 0) as id from api_logs');
  const addTotals = (table: 'usage_hourly' | 'usage_daily', spanMs: number) =>
    sqlite.query<unknown, [number]>(
      `insert into ${table} (starts_at, api_key_id, token_id, model, requests, failures, input_tokens, cached_tokens, output_tokens,
         reasoning_tokens, cost_micros, duration_ms)
         select created_at / ${spanMs} * ${spanMs}, coalesce(api_key_id, ''), coalesce(token_id, ''), coalesce(model, ''),
           count(*), count(error_code), 0, 0, 0, 0, 0, 0
         from api_logs where id > ? group by 1, 2, 3, 4
         on conflict do update set requests = requests + excluded.requests, failures = failures + excluded.failures`,
    );
  const addHours = addTotals('usage_hourly', hourMs);
  const addDays = addTotals('usage_daily', dayMs);

  return {
    addKey(row) {
      const known = orm.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.keyHash, row.keyHash)).get();
      if (!known) orm.insert(apiKeys).values(row).run();
      return { id: known?.id ?? row.id, isNew: known === undefined };
    },
    addUser: (row) => orm.insert(users).values(row).onConflictDoNothing().returning({ id: users.id }).all().length > 0,
    addLogs(rows) {
      const before = lastLog.get()?.id ?? 0;
      let added = 0;
      for (const row of rows) {
        const { requestId, apiKeyId, tokenId, endpoint, model, statusCode, errorCode, errorMessage, createdAt } = row;
        added += insertLog.run(
          requestId,
          apiKeyId,
          tokenId,
          endpoint,
          model,
          statusCode,
          errorCode,
          errorMessage,
          createdAt,
        ).changes;
      }
      addHours.run(before);
      addDays.run(before);
      return added;
    },
  };
}
