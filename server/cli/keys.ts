import type { Command } from 'commander';
import type { KeyRow } from '../../db/repositories/keys.ts';
import { commandName } from '../core/command-name.ts';
import { createKeyService, type KeyService } from '../keys/service.ts';
import { type Context, openContext } from './context.ts';
import { usageError } from './failure.ts';
import { onlyOne } from './reference.ts';
import { addCommand, type Shell } from './shell.ts';
import { renderTable } from './table.ts';
import { formatMoment, isoTime, parseMoment } from './time.ts';

export function addKeyCommands(program: Command, shell: Shell): void {
  const keys = program.command('keys').description('client keys: what callers of /v1 present as their API key');

  addCommand(keys, 'create', 'make a client key and print it, once', [
    'keys create --name laptop',
    'keys create --name guest --expires 30d --models gpt-5.5,gpt-5.2 --json',
  ])
    .option('--name <name>', 'what to call it', 'unnamed')
    .option('--expires <when>', 'a span such as 12h or 30d, or an ISO date; never when left out')
    .option('--models <ids>', 'comma-separated model ids it may use; all when left out')
    .action((options: { name: string; expires?: string; models?: string }) => {
      using context = openContext(shell.variables);
      const created = serviceOf(context).create({
        name: parseName(options.name),
        expiresAt: options.expires === undefined ? null : parseExpiry(options.expires, context.clock.now()),
        allowedModels: options.models === undefined ? null : parseModels(options.models),
      });
      const { id, name, key, prefix } = created;
      shell.finish({
        json: {
          id,
          name,
          key,
          prefix,
          expires_at: isoTime(created.expiresAt),
          allowed_models: created.allowedModels,
          created_at: isoTime(created.createdAt),
        },
        text: `${key}\n\nThis is key "${name}" (${id}). It is shown this once; only a hash of it is kept.`,
      });
    });

  addCommand(keys, 'list', 'show the client keys (never the keys themselves)', [
    'keys list',
    'keys list --json',
  ]).action(() => {
    using context = openContext(shell.variables);
    const rows = serviceOf(context).list();
    shell.finish({ json: rows.map(keyJson), text: keyTable(rows, context.clock.now()) });
  });

  const reference = 'its id, visible prefix or exact name';
  for (const [word, isActive] of [
    ['disable', false],
    ['enable', true],
  ] as const) {
    const purpose = isActive
      ? 'let a disabled client key in again'
      : 'refuse a client key, within a second on every process';
    addCommand(keys, `${word} <key>`, `${purpose} (<key>: ${reference})`, [
      `keys ${word} laptop`,
      `keys ${word} sk-Ab3dE`,
    ]).action((text: string) => {
      using context = openContext(shell.variables);
      const service = serviceOf(context);
      const row = onlyOne('key', text, service.resolve(text));
      service.setActive(row.id, isActive);
      shell.finish({ json: keyJson({ ...row, isActive }), text: `Key "${row.name}" (${row.id}) is ${word}d.` });
    });
  }

  addCommand(keys, 'delete <key>', `delete a client key for good; its log rows stay (<key>: ${reference})`, [
    'keys delete guest',
  ]).action((text: string) => {
    using context = openContext(shell.variables);
    const service = serviceOf(context);
    const row = onlyOne('key', text, service.resolve(text));
    service.remove(row.id);
    shell.finish({
      json: { id: row.id, name: row.name, deleted: true },
      text: `Key "${row.name}" (${row.id}) is deleted.`,
    });
  });
}

function serviceOf(context: Context): KeyService {
  return createKeyService({ db: context.db, clock: context.clock });
}

function parseName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 200) throw usageError('--name must have 1 to 200 characters.');
  return name;
}

function parseExpiry(text: string, now: number): number {
  const moment = parseMoment(text, now, 'ahead');
  if (moment === undefined)
    throw usageError(`--expires must be a span such as 30d or an ISO date (it is ${JSON.stringify(text)}).`);
  if (moment <= now) throw usageError(`--expires must be in the future (it is ${isoTime(moment)}).`);
  return moment;
}

function parseModels(text: string): string[] {
  const models = [
    ...new Set(
      text
        .split(',')
        .map((model) => model.trim())
        .filter(Boolean),
    ),
  ];
  if (models.length === 0) throw usageError('--models must name at least one model; leave it out to allow all.');
  return models;
}

function keyJson(row: KeyRow) {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    is_active: row.isActive,
    usage_count: row.usageCount,
    last_used_at: isoTime(row.lastUsedAt),
    expires_at: isoTime(row.expiresAt),
    allowed_models: row.allowedModels,
    created_at: isoTime(row.createdAt),
  };
}

function keyTable(rows: readonly KeyRow[], now: number): string {
  const stateOf = (row: KeyRow) => {
    if (!row.isActive) return 'disabled';
    return row.expiresAt !== null && row.expiresAt <= now ? 'expired' : 'active';
  };
  return renderTable(
    ['ID', 'NAME', 'PREFIX', 'STATE', 'REQUESTS', 'LAST USED', 'EXPIRES', 'MODELS'],
    rows.map((row) => [
      row.id,
      row.name,
      `${row.prefix}…`,
      stateOf(row),
      row.usageCount,
      formatMoment(row.lastUsedAt, now),
      row.expiresAt === null ? 'never' : formatMoment(row.expiresAt, now),
      row.allowedModels?.join(',') ?? 'all',
    ]),
    `There are no client keys yet, so /v1 is closed. Make one: ${commandName} keys create --name laptop`,
  );
}
