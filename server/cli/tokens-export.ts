import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { exportAccounts } from '../accounts/export.ts';
import { messageOf } from '../core/errors.ts';
import { namedAccounts } from './accounts.ts';
import { openContext } from './context.ts';
import { CliError, usageError } from './failure.ts';
import { addCommand, type Shell } from './shell.ts';

export function addExportCommand(tokens: Command, shell: Shell): void {
  addCommand(
    tokens,
    'export [accounts...]',
    'write accounts with their credentials in plain text, so that an import brings them back whole',
    ['tokens export --out accounts.json', 'tokens export ada@example.com --yes > ada.json'],
  )
    .option('--out <file>', 'a new file to write to, readable by its owner only')
    .option('--yes', 'print the credentials on standard output')
    .action((references: string[], options: { out?: string; yes?: true }) => {
      if (options.out === undefined && !options.yes) {
        throw usageError(
          'An export holds credentials in plain text: whoever reads it can use the accounts. Say --out FILE to write it to a file that only you can read, or --yes to print it.',
        );
      }
      using context = openContext(shell.variables);
      const ids = references.length === 0 ? undefined : namedAccounts(context, references).map(({ id }) => id);
      const accounts = exportAccounts(context, ids && { ids });
      const text = JSON.stringify(accounts, null, 2);
      if (options.out === undefined) return shell.finish({ json: accounts, text });
      writeSecretFile(options.out, `${text}\n`);
      shell.finish({
        json: { exported: accounts.length, file: options.out },
        text: `Wrote ${accounts.length} account${accounts.length === 1 ? '' : 's'} to ${options.out}.`,
      });
    });
}

/** An existing file is not overwritten: it would keep its own permissions, and may be the only copy of something. */
function writeSecretFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new CliError('file', `Cannot write ${path}: ${messageOf(error)}`);
  }
}
