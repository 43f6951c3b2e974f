import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openDatabase } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { importAccounts } from '../../server/accounts/import/import.ts';
import { type Clock, systemClock } from '../../server/core/clock.ts';
import { createLog } from '../../server/core/log.ts';
import { createSecretBox, type SecretBox } from '../../server/core/secret-box.ts';
import { type App, createApp } from '../../server/create-app.ts';
import { parseEnv } from '../../server/env.ts';
import { createKeyService, type NewKeyOptions } from '../../server/keys/service.ts';
import { listen } from '../../server/listen.ts';
import { readModelTable } from '../../server/models/load.ts';
import type { AccountOptions, SimulatedAccount } from '../../server/simulator/account.ts';
import { type Simulator, startSimulator } from '../../server/simulator/simulator.ts';

export interface TestGateway extends AsyncDisposable {
  readonly origin: string;
  /** `<origin>/v1` */
  readonly baseUrl: string;
  /** A client key without restrictions. */
  readonly key: string;
  readonly db: Db;
  readonly box: SecretBox;
  readonly app: App;
  readonly simulator: Simulator;
  /** Accounts in the order they were asked for; the gateway's own id of each is `idOf(account)`. */
  readonly accounts: SimulatedAccount[];
  idOf(account: SimulatedAccount): string;
  createKey(options?: Partial<NewKeyOptions>): string;
  addAccount(options?: AccountOptions): SimulatedAccount;
  /** POSTs JSON with the client key. */
  post(
    path: string,
    body: unknown,
    options?: { key?: string; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
  get(path: string, options?: { key?: string | null; headers?: Record<string, string> }): Promise<Response>;
  /** The row of an account, as it is on disk. */
  account(account: SimulatedAccount): Record<string, unknown>;
  /** Log rows, oldest first, after everything waiting was written. */
  logs(): Promise<Record<string, unknown>[]>;
  /** Stops the server and starts a new one on the same database and backend. */
  restart(): Promise<void>;
}

export interface TestGatewayOptions {
  /** How many accounts, or what they are like. Default: one. */
  accounts?: number | AccountOptions[];
  env?: Record<string, string>;
  clock?: Clock;
  simulator?: Simulator;
}

/** A whole gateway on port 0 with a database file of its own, in front of a simulated backend. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'gpt2api-test-'));
  const clock = options.clock ?? systemClock;
  const simulator = options.simulator ?? startSimulator({ clock });
  const env = parseEnv({
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    DATABASE_PATH: join(folder, 'app.db'),
    CODEX_BASE_URL: simulator.baseUrl,
    OAUTH_ISSUER: simulator.issuer,
    ...options.env,
  });
  const box = createSecretBox(new Uint8Array(32).fill(7));
  const db = openDatabase(env.DATABASE_PATH);
  migrate(db);
  const keys = createKeyService({ db, clock });
  const accounts: SimulatedAccount[] = [];
  const ids = new Map<SimulatedAccount, string>();

  function addAccount(accountOptions: AccountOptions = {}): SimulatedAccount {
    const account = simulator.addAccount(accountOptions);
    const report = importAccounts({ db, box, clock }, [
      { name: account.name, text: JSON.stringify(account.authJson()) },
    ]);
    const id = report.items[0]?.id;
    if (id === undefined) throw new Error(`The account was not imported: ${JSON.stringify(report)}`);
    accounts.push(account);
    ids.set(account, id);
    return account;
  }
  const wanted = options.accounts ?? 1;
  for (const one of typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({})) : wanted) addAccount(one);

  const createKey = (keyOptions: Partial<NewKeyOptions> = {}) =>
    keys.create({ name: 'test', expiresAt: null, allowedModels: null, ...keyOptions }).key;
  const key = createKey();

  const start = () => {
    const app = createApp({
      env,
      db,
      box,
      clock,
      log: createLog(env.LOG_LEVEL),
      modelTable: readModelTable(env.MODELS_FILE),
    });
    return { app, server: listen(app, { hostname: '127.0.0.1', port: 0, BODY_LIMIT: env.BODY_LIMIT }) };
  };
  let running = start();
  const headersOf = (presented: string | null, headers: Record<string, string> = {}) => ({
    ...(presented === null ? {} : { authorization: `Bearer ${presented}` }),
    ...headers,
  });

  return {
    get origin() {
      return running.server.origin;
    },
    get baseUrl() {
      return `${running.server.origin}/v1`;
    },
    get app() {
      return running.app;
    },
    key,
    db,
    box,
    simulator,
    accounts,
    idOf: (account) => ids.get(account) ?? '',
    createKey,
    addAccount,
    post: (path, body, { key: presented = key, headers, signal } = {}) =>
      fetch(`${running.server.origin}${path}`, {
        method: 'POST',
        headers: headersOf(presented, { 'content-type': 'application/json', ...headers }),
        body: JSON.stringify(body),
        signal: signal ?? null,
      }),
    get: (path, { key: presented = key, headers } = {}) =>
      fetch(`${running.server.origin}${path}`, { headers: headersOf(presented, headers) }),
    account(account) {
      running.app.flush();
      return db.sqlite.query('select * from tokens where id = ?').get(ids.get(account) ?? '') as Record<
        string,
        unknown
      >;
    },
    async logs() {
      while (running.app.runningRequests > 0) await Bun.sleep(1);
      running.app.flush();
      return db.sqlite.query('select * from api_logs order by id').all() as Record<string, unknown>[];
    },
    async restart() {
      await running.server.stop(1_000);
      running = start();
    },
    async [Symbol.asyncDispose]() {
      await running.server.stop(0);
      db.close();
      if (!options.simulator) await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
