import { and, desc, eq, getTableColumns, gt, gte, lte, or, type SQL } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { apiKeys, apiLogs, tokens } from '../schema/index.ts';

/** One finished request, with the names its key and account have now; null when they are unknown or deleted. */
export type LogRow = typeof apiLogs.$inferSelect & { keyName: string | null; tokenName: string | null };

/** All that are given must hold. */
export interface LogFilter {
  /** Rows written after this one. */
  afterId?: number | undefined;
  /** Epoch milliseconds. */
  since?: number | undefined;
  /** Inclusive ranges of the status code, any of which may hold. */
  statuses?: readonly { from: number; to: number }[] | undefined;
  keyId?: string | undefined;
  tokenId?: string | undefined;
  /** As the client asked for it, or as the upstream says it served it. */
  model?: string | undefined;
}

export interface LogRepository {
  /** The newest `limit` rows that fit, oldest first. */
  list(filter: LogFilter, limit: number): LogRow[];
}

export function createLogRepository(db: Db): LogRepository {
  const columns = { ...getTableColumns(apiLogs), keyName: apiKeys.name, tokenName: tokens.name };
  return {
    list: (filter, limit) =>
      db.orm
        .select(columns)
        .from(apiLogs)
        .leftJoin(apiKeys, eq(apiKeys.id, apiLogs.apiKeyId))
        .leftJoin(tokens, eq(tokens.id, apiLogs.tokenId))
        .where(and(...conditions(filter)))
        .orderBy(desc(apiLogs.id))
        .limit(limit)
        .all()
        .reverse(),
  };
}

function conditions(filter: LogFilter): (SQL | undefined)[] {
  const { afterId, since, statuses, keyId, tokenId, model } = filter;
  return [
    afterId === undefined ? undefined : gt(apiLogs.id, afterId),
    since === undefined ? undefined : gte(apiLogs.createdAt, since),
    statuses && or(...statuses.map(({ from, to }) => and(gte(apiLogs.statusCode, from), lte(apiLogs.statusCode, to)))),
    keyId === undefined ? undefined : eq(apiLogs.apiKeyId, keyId),
    tokenId === undefined ? undefined : eq(apiLogs.tokenId, tokenId),
    model === undefined ? undefined : or(eq(apiLogs.model, model), eq(apiLogs.servedModel, model)),
  ];
}
