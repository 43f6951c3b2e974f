import type { AccountSummary } from '../../db/repositories/accounts.ts';
import { createCredentialRepository } from '../../db/repositories/credentials.ts';
import { createHealthRepository } from '../../db/repositories/health.ts';
import { createRefresher, type RefreshResult } from '../accounts/refresh.ts';
import { createTicker } from '../core/ticker.ts';
import { createEndpoints } from '../upstream/endpoints.ts';
import { proxyFor } from '../upstream/proxy.ts';
import { createTokenEndpoint } from '../upstream/token-endpoint.ts';
import { createUndiciClient } from '../upstream/undici-client.ts';
import type { Context } from './context.ts';

/** Few at once: the sign-in server counts refreshes per address. */
const atOnce = 4;

export type RefreshOutcome = { account: AccountSummary } & (RefreshResult | { outcome: 'skipped' });

/** Refreshes `accounts`; one outcome each, in their order. After SIGINT or SIGTERM no further refresh begins, and those under way end: a refresh cut off may cost the account. */
export async function refreshAccounts(context: Context, accounts: readonly AccountSummary[]): Promise<RefreshOutcome[]> {
  const { env, db, box, clock, log } = context;
  const { token: url } = createEndpoints(env);
  const client = createUndiciClient(createTicker(), { connectMs: env.CONNECT_TIMEOUT_MS });
  const totalMs = env.CONTROL_TIMEOUT_MS;
  const deadlines = { connectMs: env.CONNECT_TIMEOUT_MS, headersMs: totalMs, idleMs: totalMs, totalMs };
  const refresher = createRefresher({
    credentials: createCredentialRepository(db),
    health: createHealthRepository(db),
    tokenEndpoint: createTokenEndpoint({ send: client.send, url, env, deadlines }),
    proxyFor: (accountProxy) => proxyFor(url, accountProxy, env),
    box,
    clock,
    log,
    leaseMs: totalMs + 30_000,
  });

  let isStopping = false;
  const stop = () => {
    isStopping = true;
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const outcomes: RefreshOutcome[] = [];
  const queue = accounts.entries();
  const work = async () => {
    for (const [position, account] of queue) {
      const result = isStopping ? { outcome: 'skipped' as const } : await refresher.refresh(account.id, 'forced');
      outcomes[position] = { account, ...result };
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    return outcomes;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await client.close();
  }
}
