import type { Command } from 'commander';
import { createLogRepository, type LogFilter, type LogRepository, type LogRow } from '../../db/repositories/logs.ts';
import { sleep } from '../core/clock.ts';
import { createKeyService } from '../keys/service.ts';
import { resolveAccounts } from './accounts.ts';
import { type Context, openContext } from './context.ts';
import { usageError } from './failure.ts';
import { onlyOne } from './reference.ts';
import { addCommand, type Shell } from './shell.ts';
import { plainText, renderTable } from './table.ts';
import { isoTime, parseMoment } from './time.ts';

const pollMs = 500;
const mostRows = 100_000;

interface LogOptions {
  limit: string;
  follow?: true;
  status?: string;
  key?: string;
  token?: string;
  model?: string;
  since?: string;
}

export function addLogCommand(program: Command, shell: Shell): void {
  addCommand(program, 'logs', 'show finished requests, the newest last', [
    'logs --limit 20',
    'logs --status 4xx,5xx --since 1h',
    'logs --key laptop --model gpt-5.2 --json',
    'logs --follow',
  ])
    .option('-n, --limit <n>', 'most rows to show', '50')
    .option('-f, --follow', 'go on showing rows as they come, until Ctrl-C; with --json one document per line')
    .option('--status <codes>', 'comma-separated status codes or classes, e.g. 429,5xx')
    .option('--key <key>', "a client key's id, visible prefix or exact name")
    .option('--token <account>', "an account's id, e-mail or exact name")
    .option('--model <model>', 'the model asked for or served')
    .option('--since <when>', 'a span such as 30m or 7d, or an ISO time')
    .action(async (options: LogOptions) => {
      const limit = parseLimit(options.limit);
      using context = openContext(shell.variables);
      const logs = createLogRepository(context.db);
      const filter = parseFilter(context, options);
      if (options.follow) return await follow(shell, logs, filter, limit);
      const rows = logs.list(filter, limit);
      shell.finish({ json: rows.map(logJson), text: logTable(rows) });
    });
}

/** Prints the newest rows and then every further one until SIGINT or SIGTERM. */
async function follow(shell: Shell, logs: LogRepository, filter: LogFilter, limit: number): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let afterId = logs.list({}, 1)[0]?.id ?? 0;
  const print = (row: LogRow) => {
    shell.print(shell.isJson ? JSON.stringify(logJson(row)) : logLine(row));
    afterId = Math.max(afterId, row.id);
  };
  for (const row of logs.list(filter, limit)) print(row);
  while (!stop.signal.aborted) {
    await sleep(pollMs, stop.signal).catch(() => {});
    for (const row of logs.list({ ...filter, afterId }, mostRows)) print(row);
  }
}

function parseFilter(context: Context, options: LogOptions): LogFilter {
  const { status, key, token, model, since } = options;
  return {
    statuses: status === undefined ? undefined : parseStatuses(status),
    keyId: key === undefined ? undefined : onlyOne('key', key, createKeyService(context).resolve(key)).id,
    tokenId: token === undefined ? undefined : onlyOne('account', token, resolveAccounts(context, token)).id,
    model,
    since: since === undefined ? undefined : parseSince(since, context.clock.now()),
  };
}

function parseLimit(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > mostRows) throw usageError(`--limit must be a whole number from 1 to ${mostRows}.`);
  return limit;
}

function parseSince(text: string, now: number): number {
  const since = parseMoment(text, now, 'ago');
  if (since === undefined)
    throw usageError(`--since must be a span such as 1h or an ISO time (it is ${JSON.stringify(text)}).`);
  return since;
}

/** `429,5xx` → inclusive ranges. Throws a usage error. */
export function parseStatuses(text: string): { from: number; to: number }[] {
  return text.split(',').map((part) => {
    const [, digit, rest] = /^([1-5])(\d\d|xx)$/i.exec(part.trim()) ?? [];
    if (digit === undefined || rest === undefined)
      throw usageError('--status must be codes or classes such as 429,5xx.');
    if (/^\d/.test(rest)) return { from: Number(digit + rest), to: Number(digit + rest) };
    return { from: Number(digit) * 100, to: Number(digit) * 100 + 99 };
  });
}

function logJson(row: LogRow) {
  return {
    id: row.id,
    request_id: row.requestId,
    created_at: isoTime(row.createdAt),
    key: row.apiKeyId === null ? null : { id: row.apiKeyId, name: row.keyName },
    token: row.tokenId === null ? null : { id: row.tokenId, name: row.tokenName },
    endpoint: row.endpoint,
    model: row.model,
    served_model: row.servedModel,
    status_code: row.statusCode,
    error_code: row.errorCode,
    error_message: row.errorMessage,
    attempts: row.attempts,
    attempt_details: row.attemptDetails,
    streamed: row.streamed,
    time_to_first_byte_ms: row.timeToFirstByteMs,
    duration_ms: row.durationMs,
    input_tokens: row.inputTokens,
    cached_tokens: row.cachedTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_usd: row.costMicros === null ? null : row.costMicros / 1_000_000,
  };
}

const headers = [
  'TIME (UTC)',
  'STATUS',
  'ENDPOINT',
  'MODEL',
  'KEY',
  'ACCOUNT',
  'TRIES',
  'MS',
  'IN',
  'CACHED',
  'OUT',
  'USD',
  'ERROR',
];

/** The cells of {@link headers}. */
function logCells(row: LogRow): (string | number | null)[] {
  const isOther = row.servedModel !== null && row.servedModel !== row.model;
  return [
    new Date(row.createdAt).toISOString().slice(0, 19).replace('T', ' '),
    row.statusCode,
    row.endpoint,
    isOther ? `${row.model ?? '-'}→${row.servedModel}` : row.model,
    row.keyName ?? row.apiKeyId,
    row.tokenName ?? row.tokenId,
    row.attempts,
    row.durationMs,
    row.inputTokens,
    row.cachedTokens,
    row.outputTokens,
    row.costMicros === null ? null : (row.costMicros / 1_000_000).toFixed(4),
    row.errorCode === null && row.errorMessage === null
      ? ''
      : `${row.errorCode ?? ''} ${row.errorMessage ?? ''}`.trim().slice(0, 120),
  ];
}

function logTable(rows: readonly LogRow[]): string {
  return renderTable(headers, rows.map(logCells), 'No request fits.');
}

/** One row without alignment, for rows that come one by one. */
function logLine(row: LogRow): string {
  return logCells(row)
    .map((cell) => plainText(String(cell ?? '-')))
    .join('  ')
    .trimEnd();
}
