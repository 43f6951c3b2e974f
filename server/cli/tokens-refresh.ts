import type { Command } from 'commander';
import { createAccountRepository } from '../../db/repositories/accounts.ts';
import { namedAccounts } from './accounts.ts';
import { openContext } from './context.ts';
import { exitCodes, usageError } from './failure.ts';
import type { RefreshOutcome } from './refresh-accounts.ts';
import { addCommand, type Shell } from './shell.ts';

export function addRefreshCommand(tokens: Command, shell: Shell): void {
  addCommand(
    tokens,
    'refresh [accounts...]',
    'get new credentials for accounts now, each by its id, e-mail or exact name',
    ['tokens refresh ada@example.com', 'tokens refresh --all'],
  )
    .option('--all', 'every account that has a refresh token and is not disabled')
    .action(async (references: string[], options: { all?: true }) => {
      if (references.length > 0 === (options.all === true)) throw usageError('Name accounts, or say --all.');
      using context = openContext(shell.variables);
      const accounts = options.all
        ? createAccountRepository(context.db)
            .list({})
            .filter((account) => account.hasRefreshToken && account.state !== 'disabled')
        : namedAccounts(context, references);
      // The HTTP client takes longer to load than everything else; only this command needs it.
      const { refreshAccounts } = await import('./refresh-accounts.ts');
      const outcomes = await refreshAccounts(context, accounts);
      const refreshed = outcomes.filter(({ outcome }) => outcome === 'refreshed').length;
      const isWhole = refreshed === outcomes.length;
      shell.finish({
        json: { refreshed, failed: outcomes.length - refreshed, items: outcomes.map(outcomeJson) },
        text: [...outcomes.map(outcomeText), `${refreshed} of ${outcomes.length} refreshed.`].join('\n'),
        exitCode: isWhole ? exitCodes.ok : refreshed > 0 ? exitCodes.partlyFailed : exitCodes.failed,
      });
    });
}

function outcomeJson({ account, ...result }: RefreshOutcome) {
  return { id: account.id, name: account.name, ...result };
}

function outcomeText({ account, ...result }: RefreshOutcome): string {
  const name = `Account "${account.name}" (${account.id})`;
  if (result.outcome === 'refreshed') return `${name}: refreshed`;
  if (result.outcome === 'skipped') return `${name}: not tried, because you stopped`;
  const meaning = {
    permanent: 'it needs a new sign-in',
    transient: 'try again later',
    ambiguous: 'the answer was lost, so the old credential may be spent',
  }[result.kind];
  return `${name}: failed (${result.code}): ${meaning}`;
}
