import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { importAccounts, type ImportItem, type ImportReport } from '../accounts/import/import.ts';
import { takeOver, type TakeoverReport } from '../accounts/takeover.ts';
import { messageOf } from '../core/errors.ts';
import { openContext } from './context.ts';
import { CliError, type ExitCode, exitCodes, usageError } from './failure.ts';
import { addCommand, type Shell } from './shell.ts';
import { renderTable } from './table.ts';

interface Source {
  name: string;
  text: string;
}

export function addImportCommand(tokens: Command, shell: Shell): void {
  addCommand(
    tokens,
    'import [files...]',
    'bring in accounts from files of any known format; again to renew their sign-ins',
    [
      'tokens import ~/.codex/auth.json',
      'tokens import accounts/ more.json --dry-run',
      'tokens import - --json < auth.json',
      'tokens import --from-db old.db',
    ],
  )
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--from-db <file>', "take over accounts, client keys and logs from the predecessor's database")
    .addHelpText('after', '\nA folder stands for its *.json files, - for standard input.')
    .action(async (paths: string[], options: { dryRun?: true; fromDb?: string }) => {
      if (options.fromDb !== undefined) {
        if (paths.length > 0 || options.dryRun) throw usageError('--from-db goes with neither files nor --dry-run.');
        using context = openContext(shell.variables);
        const report = takeOver(context, existingFile(options.fromDb));
        return shell.finish({
          json: takeoverJson(report),
          text: describeTakeover(report),
          exitCode: takeoverExit(report),
        });
      }
      if (paths.length === 0) throw usageError('Name files to import, - for standard input, or --from-db FILE.');
      const sources = await readSources(paths);
      using context = openContext(shell.variables);
      const report = importAccounts(context, sources, { preview: options.dryRun === true });
      shell.finish({
        json: { dry_run: options.dryRun === true, ...report },
        text: describe(report, options.dryRun === true),
        exitCode: exitCodeOf(report),
      });
    });
}

/** Everything is read before anything is written. Throws a CliError for a path that cannot be read. */
async function readSources(paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === '-') {
      sources.push({ name: 'standard input', text: await Bun.stdin.text() });
      continue;
    }
    try {
      const files = statSync(path).isDirectory() ? jsonFilesIn(path) : [path];
      for (const file of files) sources.push({ name: file, text: readFileSync(file, 'utf8') });
    } catch (error) {
      throw unreadable(path, error);
    }
  }
  return sources;
}

function jsonFilesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.toLowerCase().endsWith('.json'))
    .map((entry) => join(folder, entry.name))
    .sort();
}

function existingFile(path: string): string {
  try {
    statSync(path);
    return path;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CliError {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  if (isMissing) return new CliError('not_found', `There is no file ${path}.`, exitCodes.notFound);
  return new CliError('file', `Cannot read ${path}: ${messageOf(error)}`);
}

function exitCodeOf({ counts, items }: ImportReport): ExitCode {
  if (items.length === 0 || counts.rejected === items.length) return exitCodes.failed;
  return counts.rejected > 0 ? exitCodes.partlyFailed : exitCodes.ok;
}

function describe({ counts, items }: ImportReport, isPreview: boolean): string {
  const note = isPreview ? 'Nothing was changed (--dry-run).' : '';
  return [itemTable(items), '', [summaryOf(counts), note].filter(Boolean).join('. ')].join('\n').trimEnd();
}

function itemTable(items: readonly ImportItem[]): string {
  const rows = items.map(({ source, index, label, outcome, reason }) => [source, index, label, outcome, reason ?? '']);
  return renderTable(['FILE', 'ITEM', 'ACCOUNT', 'OUTCOME', 'REASON'], rows, 'There is no account in it.');
}

/** `3 created, 1 rejected`; what did not occur is left out. */
function summaryOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');
}

function takeoverCounts({ accounts }: TakeoverReport): ImportReport['counts'] {
  const counts = { created: 0, updated: 0, unchanged: 0, duplicate: 0, stale: 0, rejected: 0 };
  for (const { outcome } of accounts) counts[outcome] += 1;
  return counts;
}

/** An old database without accounts may still have keys and logs: that is no failure. */
function takeoverExit(report: TakeoverReport): ExitCode {
  return takeoverCounts(report).rejected > 0 ? exitCodes.partlyFailed : exitCodes.ok;
}

function takeoverJson(report: TakeoverReport) {
  const { accounts: items, keys, users, logs } = report;
  const { added, kept, mustChangePassword: must_change_password } = users;
  return {
    dry_run: false,
    counts: takeoverCounts(report),
    items,
    keys,
    users: { added, kept, must_change_password },
    logs,
  };
}

function describeTakeover(report: TakeoverReport): string {
  const { accounts, keys, users, logs } = report;
  const lines = [
    itemTable(accounts),
    '',
    `Accounts: ${summaryOf(takeoverCounts(report)) || 'none'}`,
    `Client keys: ${keys.added} added, ${keys.existing} were here already`,
    `Users: ${users.added.join(', ') || 'none'} added${users.kept.length > 0 ? `; ${users.kept.join(', ')} left as is` : ''}`,
    `Log rows: ${logs.added} added, ${logs.existing} were here already`,
  ];
  if (users.mustChangePassword.length > 0) {
    lines.push(`Still had the old default password and must change it: ${users.mustChangePassword.join(', ')}`);
  }
  return lines.join('\n');
}
