import { isFailure, type RequestRecord } from '../../server/contract/request-record.ts';
import type { Db } from '../client.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface UsageRepository {
  /** Log rows, hourly and daily totals and the counters of keys and accounts, all or nothing. */
  save(records: readonly RequestRecord[]): void;
  /** Removes log rows older than `before`, at most `limit` of them; the totals stay. Returns how many went. */
  trim(before: number, limit: number): number;
}

interface Totals {
  requests: number;
  failures: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  costMicros: number;
  durationMs: number;
}

type TotalsKey = [keyId: string, accountId: string, model: string];

export function createUsageRepository(db: Db): UsageRepository {
  const { sqlite } = db;
  const insertLog = sqlite.query(
    `insert or ignore into api_logs (request_id, api_key_id, token_id, endpoint, model, served_model, status_code, error_code, error_message,
       attempts, attempt_details, streamed, time_to_first_byte_ms, duration_ms, input_tokens, cached_tokens, output_tokens,
       reasoning_tokens, cost_micros, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addTotals = (table: 'usage_hourly' | 'usage_daily') =>
    sqlite.query(
      `insert into ${table} (starts_at, api_key_id, token_id, model, requests, failures, input_tokens, cached_tokens, output_tokens,
         reasoning_tokens, cost_micros, duration_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         on conflict do update set requests = requests + excluded.requests, failures = failures + excluded.failures,
           input_tokens = input_tokens + excluded.input_tokens, cached_tokens = cached_tokens + excluded.cached_tokens,
           output_tokens = output_tokens + excluded.output_tokens, reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
           cost_micros = cost_micros + excluded.cost_micros, duration_ms = duration_ms + excluded.duration_ms`,
    );
  const addHour = addTotals('usage_hourly');
  const addDay = addTotals('usage_daily');
  const countKey = sqlite.query<unknown, [number, number, string]>(
    'update api_keys set usage_count = usage_count + ?, last_used_at = max(coalesce(last_used_at, 0), ?) where id = ?',
  );
  const countAccount = sqlite.query<unknown, [number, number, string]>(
    'update tokens set success_requests = success_requests + ?, failed_requests = failed_requests + ? where id = ?',
  );
  const trim = sqlite.query<unknown, [number, number]>(
    'delete from api_logs where id in (select id from api_logs where created_at < ? order by created_at limit ?)',
  );

  function insert(record: RequestRecord): boolean {
    const { usage } = record;
    const hasStory = record.attempts.length > 1 || record.errorCode !== null;
    return (
      insertLog.run(
        record.requestId,
        record.keyId,
        record.accountId,
        record.endpoint,
        record.model,
        record.servedModel,
        record.statusCode,
        record.errorCode,
        record.errorMessage,
        record.attempts.length,
        hasStory ? JSON.stringify(record.attempts) : null,
        record.streamed ? 1 : 0,
        record.timeToFirstByteMs,
        record.durationMs,
        usage.inputTokens,
        usage.cachedTokens,
        usage.outputTokens,
        usage.reasoningTokens,
        record.costMicros,
        record.createdAt,
      ).changes > 0
    );
  }

  const save = sqlite.transaction((records: readonly RequestRecord[]) => {
    // A batch that was half reported as failed may come again: what is on record already is not counted twice.
    const fresh = records.filter(insert);
    for (const [add, spanMs] of [[addHour, hourMs] as const, [addDay, dayMs] as const]) {
      for (const { startsAt, key, totals } of sumBySpan(fresh, spanMs)) {
        const { requests, failures, inputTokens, cachedTokens, outputTokens, reasoningTokens, costMicros, durationMs } =
          totals;
        add.run(
          startsAt,
          ...key,
          requests,
          failures,
          inputTokens,
          cachedTokens,
          outputTokens,
          reasoningTokens,
          costMicros,
          durationMs,
        );
      }
    }
    for (const [keyId, own] of groupBy(fresh, (record) => record.keyId)) {
      countKey.run(own.length, Math.max(...own.map((record) => record.createdAt)), keyId);
    }
    for (const [accountId, own] of groupBy(fresh, (record) => record.accountId)) {
      const failed = own.filter(isFailure).length;
      countAccount.run(own.length - failed, failed, accountId);
    }
  });

  return {
    save: (records) => save.immediate(records),
    trim: (before, limit) => trim.run(before, limit).changes,
  };
}

function groupBy(
  records: readonly RequestRecord[],
  idOf: (record: RequestRecord) => string | null,
): Map<string, RequestRecord[]> {
  const groups = new Map<string, RequestRecord[]>();
  for (const record of records) {
    const id = idOf(record);
    if (id === null) continue;
    const group = groups.get(id);
    if (group) group.push(record);
    else groups.set(id, [record]);
  }
  return groups;
}

/** Sums per (span, key, account, model): one row to write for many requests. Unknown counts add nothing. */
function sumBySpan(
  records: readonly RequestRecord[],
  spanMs: number,
): Iterable<{ startsAt: number; key: TotalsKey; totals: Totals }> {
  const sums = new Map<string, { startsAt: number; key: TotalsKey; totals: Totals }>();
  for (const record of records) {
    const startsAt = Math.floor(record.createdAt / spanMs) * spanMs;
    const key: TotalsKey = [record.keyId ?? '', record.accountId ?? '', record.model ?? ''];
    const name = `${startsAt} ${key.join(' ')}`;
    let sum = sums.get(name);
    if (!sum) {
      const zero = {
        requests: 0,
        failures: 0,
        inputTokens: 0,
        cachedTokens: 0,
        outputTokens: 0,
        reasoningTokens: 0,
        costMicros: 0,
        durationMs: 0,
      };
      sum = { startsAt, key, totals: zero };
      sums.set(name, sum);
    }
    const { totals } = sum;
    totals.requests += 1;
    totals.failures += isFailure(record) ? 1 : 0;
    totals.inputTokens += record.usage.inputTokens ?? 0;
    totals.cachedTokens += record.usage.cachedTokens ?? 0;
    totals.outputTokens += record.usage.outputTokens ?? 0;
    totals.reasoningTokens += record.usage.reasoningTokens ?? 0;
    totals.costMicros += record.costMicros ?? 0;
    totals.durationMs += record.durationMs;
  }
  return sums.values();
}
