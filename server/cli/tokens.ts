import type { Command } from 'commander';
import { createAccountRepository } from '../../db/repositories/accounts.ts';
import { accountJson, accountTable, listAccounts, namedAccounts } from './accounts.ts';
import { openContext } from './context.ts';
import { usageError } from './failure.ts';
import { addCommand, type Shell } from './shell.ts';
import { addExportCommand } from './tokens-export.ts';
import { addImportCommand } from './tokens-import.ts';
import { addRefreshCommand } from './tokens-refresh.ts';

export function addTokenCommands(program: Command, shell: Shell): void {
  const tokens = program
    .command('tokens')
    .description('upstream accounts: the sign-ins whose quota the gateway spends');
  addImportCommand(tokens, shell);

  addCommand(tokens, 'list', 'show the accounts, their health and what is known of their quota', [
    'tokens list',
    'tokens list --json',
  ]).action(() => {
    using context = openContext(shell.variables);
    const now = context.clock.now();
    const accounts = listAccounts(context);
    shell.finish({
      json: accounts.map((account) => accountJson(account, now)),
      text: accountTable(accounts, now),
    });
  });

  addRefreshCommand(tokens, shell);

  const reference = 'each by its id, e-mail or exact name';
  for (const [word, state, purpose] of [
    ['enable', 'active', 'take accounts into use; also ends a cool-down'],
    ['disable', 'disabled', 'take accounts out of use until they are enabled'],
  ] as const) {
    addCommand(tokens, `${word} <accounts...>`, `${purpose} (${reference})`, [`tokens ${word} ada@example.com`]).action(
      (references: string[]) => {
        using context = openContext(shell.variables);
        const repository = createAccountRepository(context.db);
        const reason = state === 'disabled' ? 'operator' : null;
        const changed = namedAccounts(context, references);
        for (const { id } of changed) repository.setState(id, state, reason, context.clock.now());
        shell.finish({
          json: changed.map(({ id, name }) => ({ id, name, state, reason })),
          text: changed.map(({ id, name }) => `Account "${name}" (${id}) is ${word}d.`).join('\n'),
        });
      },
    );
  }

  addCommand(
    tokens,
    'delete <accounts...>',
    `delete accounts and their credentials for good; log rows stay (${reference})`,
    ['tokens delete ada@example.com --yes'],
  )
    .option('--yes', 'really delete')
    .action((references: string[], options: { yes?: true }) => {
      using context = openContext(shell.variables);
      const doomed = namedAccounts(context, references);
      if (!options.yes) {
        const names = doomed.map(({ id, name }) => `"${name}" (${id})`).join(', ');
        throw usageError(`This deletes ${names} with the credentials. Say --yes to do it.`);
      }
      createAccountRepository(context.db).remove(doomed.map(({ id }) => id));
      shell.finish({
        json: doomed.map(({ id, name }) => ({ id, name, deleted: true })),
        text: doomed.map(({ id, name }) => `Account "${name}" (${id}) is deleted.`).join('\n'),
      });
    });
  addExportCommand(tokens, shell);
}
