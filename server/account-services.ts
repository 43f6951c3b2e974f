import type { Db } from '../db/client.ts';
import { createCredentialRepository } from '../db/repositories/credentials.ts';
import { createHealthRepository } from '../db/repositories/health.ts';
import { createMaintenanceRepository } from '../db/repositories/maintenance.ts';
import { createQuotaRepository } from '../db/repositories/quota.ts';
import { createSelectionRepository } from '../db/repositories/selection.ts';
import { createAccountReader } from './accounts/account-reader.ts';
import { createProbe } from './accounts/probe.ts';
import { createQuotaStore, type QuotaStore } from './accounts/quota-store.ts';
import { createRefresher } from './accounts/refresh.ts';
import { createTurns } from './accounts/turns.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { SecretBox } from './core/secret-box.ts';
import { createTicker } from './core/ticker.ts';
import type { Env } from './env.ts';
import { createCatalogues } from './models/catalogue.ts';
import { createControlApi } from './upstream/control-api.ts';
import { createEndpoints } from './upstream/endpoints.ts';
import { proxyFor } from './upstream/proxy.ts';
import { createTokenEndpoint } from './upstream/token-endpoint.ts';
import { createUndiciClient } from './upstream/undici-client.ts';

export interface AccountParts {
  env: Env;
  db: Db;
  box: SecretBox;
  clock: Clock;
  log: Log;
}

export type AccountServices = ReturnType<typeof createAccountServices>;

/** The services around accounts that a command needs as well as the server: refreshing, probing, what they learn. */
export function createAccountServices({ env, db, box, clock, log }: AccountParts) {
  const ticker = createTicker();
  const endpoints = createEndpoints(env);
  const toProxy = (url: string, accountProxy: string | null) => proxyFor(url, accountProxy, env);
  const controlDeadlines = {
    connectMs: env.CONNECT_TIMEOUT_MS,
    headersMs: env.CONTROL_TIMEOUT_MS,
    idleMs: env.CONTROL_TIMEOUT_MS,
    totalMs: env.CONTROL_TIMEOUT_MS,
  };
  const control = createUndiciClient(ticker, { connectMs: env.CONNECT_TIMEOUT_MS });
  const credentials = createCredentialRepository(db);
  const healthRepository = createHealthRepository(db);
  const maintenanceRepository = createMaintenanceRepository(db);
  const reader = createAccountReader({ credentials, box });
  const catalogues = createCatalogues({ db, clock });
  const selection = createSelectionRepository(db);
  const turns = createTurns(selection, () => quota.flush(), log);
  const quota: QuotaStore = createQuotaStore({
    repository: createQuotaRepository(db),
    health: healthRepository,
    clock,
    log,
    onChange: turns.invalidateQuota,
  });
  const refresher = createRefresher({
    credentials,
    health: healthRepository,
    tokenEndpoint: createTokenEndpoint({ send: control.send, url: endpoints.token, env, deadlines: controlDeadlines }),
    proxyFor: (accountProxy) => toProxy(endpoints.token, accountProxy),
    box,
    clock,
    log,
    leaseMs: env.CONTROL_TIMEOUT_MS + 15_000,
  });
  const api = createControlApi({ send: control.send, endpoints, env, deadlines: controlDeadlines, proxyFor: toProxy });
  const probe = createProbe({
    api,
    reader,
    refresher,
    repository: maintenanceRepository,
    quota,
    catalogues,
    clock,
    log,
  });
  return {
    ticker,
    endpoints,
    toProxy,
    control,
    credentials,
    healthRepository,
    maintenanceRepository,
    reader,
    catalogues,
    quota,
    selection,
    turns,
    refresher,
    probe,
    async close() {
      quota.flush();
      await refresher.settled();
      await control.close();
    },
  };
}
