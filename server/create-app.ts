import type { Server } from 'bun';
import type { Db } from '../db/client.ts';
import { createBindingRepository } from '../db/repositories/bindings.ts';
import { createCredentialRepository } from '../db/repositories/credentials.ts';
import { createHealthRepository } from '../db/repositories/health.ts';
import { createMaintenanceRepository } from '../db/repositories/maintenance.ts';
import { createQuotaRepository } from '../db/repositories/quota.ts';
import { createSelectionRepository } from '../db/repositories/selection.ts';
import { createUsageRepository, dayMs } from '../db/repositories/usage.ts';
import { createAccountReader } from './accounts/account-reader.ts';
import { createBindings } from './accounts/bindings.ts';
import { createHealth } from './accounts/health.ts';
import { createInFlight } from './accounts/in-flight.ts';
import { createMaintenance, type Maintenance } from './accounts/maintenance.ts';
import { createPool } from './accounts/pool.ts';
import { createProbe, type Probe } from './accounts/probe.ts';
import { createQuotaStore } from './accounts/quota-store.ts';
import { createRefresher, type Refresher } from './accounts/refresh.ts';
import { createConversationStore } from './conversations/store.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { SecretBox } from './core/secret-box.ts';
import { createTicker } from './core/ticker.ts';
import type { Env } from './env.ts';
import { createGateway } from './gateway/gateway.ts';
import { createCors } from './http/cors.ts';
import { createRouter } from './http/router.ts';
import { createV1 } from './http/v1.ts';
import { createKeyService } from './keys/service.ts';
import { createCatalogues } from './models/catalogue.ts';
import { createModelService } from './models/service.ts';
import type { ModelTable } from './models/table.ts';
import { createSettings } from './settings/settings.ts';
import { createControlApi } from './upstream/control-api.ts';
import { createEndpoints } from './upstream/endpoints.ts';
import { createFetchClient } from './upstream/fetch-client.ts';
import { proxyFor } from './upstream/proxy.ts';
import { createTokenEndpoint } from './upstream/token-endpoint.ts';
import { createUndiciClient } from './upstream/undici-client.ts';
import { createRecorder } from './usage/recorder.ts';

export interface AppParts {
  env: Env;
  db: Db;
  box: SecretBox;
  clock: Clock;
  log: Log;
  modelTable: ModelTable;
}

/** The parts of the program that talk to the upstream about accounts; commands use them without a server. */
export interface AccountServices {
  refresher: Refresher;
  probe: Probe;
  close(): Promise<void>;
}

export interface App {
  fetch(request: Request, server: Server<undefined>): Promise<Response>;
  accounts: AccountServices;
  maintenance: Maintenance;
  /** From now on `/readyz` says no, and new requests are turned away. */
  drain(): void;
  readonly runningRequests: number;
  /** Upstream calls and quiet streams that are being watched; 0 when nothing is under way. */
  readonly watchedCalls: number;
  /** Writes what waits to be written, now. */
  flush(): void;
  /** Ends the background work and writes what waits to be written. The database stays open. */
  close(): Promise<void>;
}

/** The whole server from explicit parts. Tests start this; the process adds signals and a socket. */
export function createApp(parts: AppParts): App {
  const { env, db, box, clock, log } = parts;
  const shared = createShared(parts);
  const { ticker, control, credentials, healthRepository, refresher, quota, catalogues, endpoints, toProxy } = shared;

  const fetchClient = createFetchClient(ticker);
  const settings = createSettings({ db, env, clock });
  const models = createModelService({ table: parts.modelTable, catalogues });
  const selection = createSelectionRepository(db);
  const bindingRepository = createBindingRepository(db);
  const bindings = createBindings({ repository: bindingRepository, clock });
  const usage = createUsageRepository(db);
  const recorder = createRecorder({ repository: usage, log });
  const conversations = createConversationStore({ db, box, clock, ttlMs: env.RESPONSES_TTL, maxBytes: env.RESPONSES_MAX_BYTES });
  const pool = createPool({
    selection,
    reader: shared.reader,
    refresher,
    health: createHealth({ repository: healthRepository, clock }),
    inFlight: createInFlight(),
    clock,
    strategy: () => settings.get('strategy'),
    serves: models.serves,
  });

  const gateway = createGateway({
    pool,
    refresher,
    bindings,
    quota,
    recorder,
    ticker,
    clock,
    log,
    env,
    endpoints,
    sendStream: (request) => (request.proxyUrl?.startsWith('socks') ? control.send(request) : fetchClient(request)),
    deadlines: { connectMs: env.CONNECT_TIMEOUT_MS, headersMs: env.HEADERS_TIMEOUT_MS, idleMs: env.IDLE_TIMEOUT_MS, totalMs: env.TOTAL_TIMEOUT_MS },
    proxyFor: toProxy,
    dialects: new Map(),
    isAffinityOn: () => settings.get('affinity'),
    maxCalls: env.MAX_ATTEMPTS,
    acquireTimeoutMs: env.ACQUIRE_TIMEOUT_MS,
    keepAliveMs: env.KEEPALIVE_MS,
  });

  const maintenance = createMaintenance({
    credentials,
    repository: shared.maintenanceRepository,
    bindings: bindingRepository,
    refresher,
    probe: shared.probe,
    quota,
    clock,
    log,
    trim() {
      const days = settings.get('log_retention_days');
      if (days > 0) usage.trim(clock.now() - days * dayMs, 10_000);
    },
  });

  let isDraining = false;
  const flush = () => {
    bindings.flush();
    recorder.flush();
  };
  const route = createRouter({
    v1: createV1({ env, keys: createKeyService({ db, clock }), models, conversations, gateway, clock }),
    health: { selection, isDraining: () => isDraining, runningRequests: () => gateway.running },
    cors: createCors(env.CORS_ORIGINS),
    log,
  });

  return {
    fetch: route,
    accounts: shared,
    maintenance,
    drain() {
      isDraining = true;
    },
    get runningRequests() {
      return gateway.running;
    },
    get watchedCalls() {
      return ticker.size;
    },
    flush,
    async close() {
      isDraining = true;
      await maintenance.stop();
      await shared.close();
      flush();
    },
  };
}

/** Refreshing and probing accounts from a command, without a server. */
export function createAccountServices(parts: AppParts): AccountServices {
  return createShared(parts);
}

function createShared({ env, db, box, clock, log }: AppParts) {
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
  const quota = createQuotaStore({ repository: createQuotaRepository(db), health: healthRepository, clock });
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
  const probe = createProbe({ api, reader, refresher, repository: maintenanceRepository, quota, catalogues, clock, log });
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
    refresher,
    probe,
    async close() {
      await refresher.settled();
      await control.close();
    },
  };
}
