import type { Server } from 'bun';
import { createBindingRepository } from '../db/repositories/bindings.ts';
import { createUsageRepository, dayMs } from '../db/repositories/usage.ts';
import { type AccountParts, type AccountServices, createAccountServices } from './account-services.ts';
import { createBindings } from './accounts/bindings.ts';
import { createHealth } from './accounts/health.ts';
import { createInFlight } from './accounts/in-flight.ts';
import { createMaintenance, type Maintenance } from './accounts/maintenance.ts';
import { createPool } from './accounts/pool.ts';
import { createConversationStore } from './conversations/store.ts';
import { AppError } from './core/errors.ts';
import { createGateway } from './gateway/gateway.ts';
import { createCors } from './http/cors.ts';
import { createRouter } from './http/router.ts';
import { createV1 } from './http/v1.ts';
import { createKeyService } from './keys/service.ts';
import { createModelService } from './models/service.ts';
import type { ModelTable } from './models/table.ts';
import { createSettings } from './settings/settings.ts';
import { createFetchClient } from './upstream/fetch-client.ts';
import { createRecorder } from './usage/recorder.ts';

export interface AppParts extends AccountParts {
  modelTable: ModelTable;
}

export interface App {
  fetch(request: Request, server: Server<undefined>): Promise<Response>;
  accounts: AccountServices;
  maintenance: Maintenance;
  /** From now on `/readyz` says no, and new requests are turned away. */
  drain(): void;
  readonly runningRequests: number;
  /** Ends what still runs, with an error its clients can read. */
  cut(): void;
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
  const accounts = createAccountServices(parts);
  const {
    ticker,
    control,
    credentials,
    healthRepository,
    refresher,
    quota,
    catalogues,
    endpoints,
    toProxy,
    selection,
    turns,
  } = accounts;

  const fetchClient = createFetchClient(ticker);
  const settings = createSettings({ db, env, clock });
  const models = createModelService({ table: parts.modelTable, catalogues });
  const bindingRepository = createBindingRepository(db);
  const bindings = createBindings({ repository: bindingRepository, clock, log });
  const usage = createUsageRepository(db);
  const recorder = createRecorder({ repository: usage, log });
  const conversations = createConversationStore({
    db,
    box,
    clock,
    ttlMs: env.RESPONSES_TTL,
    maxBytes: env.RESPONSES_MAX_BYTES,
  });
  const pool = createPool({
    selection,
    turns,
    reader: accounts.reader,
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
    deadlines: {
      connectMs: env.CONNECT_TIMEOUT_MS,
      headersMs: env.HEADERS_TIMEOUT_MS,
      idleMs: env.IDLE_TIMEOUT_MS,
      totalMs: env.TOTAL_TIMEOUT_MS,
    },
    proxyFor: toProxy,
    dialects: new Map(),
    isAffinityOn: () => settings.get('affinity'),
    maxCalls: env.MAX_ATTEMPTS,
    acquireTimeoutMs: env.ACQUIRE_TIMEOUT_MS,
    keepAliveMs: env.KEEPALIVE_MS,
  });

  const maintenance = createMaintenance({
    credentials,
    repository: accounts.maintenanceRepository,
    bindings: bindingRepository,
    refresher,
    probe: accounts.probe,
    quota,
    clock,
    log,
    trim() {
      const days = settings.get('log_retention_days');
      if (days > 0) usage.trim(clock.now() - days * dayMs, 10_000);
      catalogues.removeUnused();
    },
  });

  let isDraining = false;
  const flush = () => {
    turns.flush();
    quota.flush();
    bindings.flush();
    recorder.flush();
  };
  const route = createRouter({
    v1: createV1({ env, keys: createKeyService({ db, clock }), models, conversations, gateway, recorder, clock }),
    health: { selection, clock, isDraining: () => isDraining, runningRequests: () => gateway.running },
    cors: createCors(env.CORS_ORIGINS),
    log,
  });

  return {
    fetch: route,
    accounts,
    maintenance,
    drain() {
      isDraining = true;
    },
    cut: () =>
      gateway.cut(
        new AppError('shutting_down', 'The gateway is stopping. Try again shortly.', { retryAfterMs: 2_000 }),
      ),
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
      await accounts.close();
      flush();
    },
  };
}
