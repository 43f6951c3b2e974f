import type { AccountSummary } from '../../db/repositories/accounts.ts';
import { createAccountServices } from '../account-services.ts';
import type { RefreshResult } from '../accounts/refresh.ts';
import type { Context } from './context.ts';

/** Few at once: the sign-in server counts refreshes per address. */
const atOnce = 4;

export type RefreshOutcome = { account: AccountSummary } & (RefreshResult | { outcome: 'skipped' });

/**
 * Refreshes `accounts` and reads their quota; one outcome each, in their order. After SIGINT or SIGTERM no further
 * refresh begins, and those under way end: a refresh cut off may cost the account.
 */
export async function refreshAccounts(
  context: Context,
  accounts: readonly AccountSummary[],
): Promise<RefreshOutcome[]> {
  const services = createAccountServices(context);
  let isStopping = false;
  const stop = () => {
    isStopping = true;
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const outcomes: RefreshOutcome[] = [];
  const queue = accounts.entries();
  const work = async () => {
    for (const [position, account] of queue) {
      const result = isStopping
        ? { outcome: 'skipped' as const }
        : await services.refresher.refresh(account.id, 'forced');
      if (result.outcome === 'refreshed') await services.probe.quota(account.id);
      outcomes[position] = { account, ...result };
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    return outcomes;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await services.close();
  }
}
