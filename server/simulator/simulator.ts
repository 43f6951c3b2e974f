import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.ts';
import { type AccountOptions, createAccount, type SimulatedAccount } from './account.ts';
import { createHandler } from './handler.ts';
import { createOauthEndpoints } from './oauth-endpoints.ts';
import { createRecorder, type RecordedRequest } from './recorder.ts';
import { createScriptQueue, type Script } from './script.ts';
import { createSessionStore } from './sessions.ts';

export interface SimulatorOptions {
  /** Default 0: any free port. */
  port?: number | undefined;
  clock?: Clock | undefined;
  /** Time between the events of ordinary answers. Default 0. */
  eventDelayMs?: number | undefined;
  /** Default 10 days. */
  accessTokenLifetimeMs?: number | undefined;
}

/** A Codex backend and its sign-in server on 127.0.0.1: real HTTP, invented accounts, faults on request. */
export interface Simulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** What `CODEX_BASE_URL` is set to. */
  readonly baseUrl: string;
  /** What `OAUTH_ISSUER` is set to. */
  readonly issuer: string;
  /** By name. */
  readonly accounts: ReadonlyMap<string, SimulatedAccount>;
  /** Throws when the name is taken. */
  addAccount(options?: AccountOptions): SimulatedAccount;
  /** Steps are used up in order by the calls they fit. They come after authentication and the checks of the body. */
  script(step: Script | readonly Script[]): void;
  clearScripts(): void;
  readonly waitingScripts: number;
  /** The recent calls, oldest first; control calls are left out. */
  readonly requests: RecordedRequest[];
  /** /responses calls whose answer is not through. */
  readonly openConnections: number;
  /** Refresh calls seen, of one account or of all; calls with a used-up token count too. */
  refreshCount(account?: string): number;
  /** Approves a device sign-in; false when there is no such code or account. */
  approveDeviceCode(userCode: string, account: string): boolean;
  /** Resolves once `condition` holds; looks at every change. Rejects after `timeoutMs` (5 s). */
  waitFor(condition: () => boolean, what?: string, timeoutMs?: number): Promise<void>;
  /** Breaks what is open and stops listening. */
  close(): Promise<void>;
}

const tenDaysMs = 10 * 24 * 3_600_000;

/** Starts a simulator without accounts. Throws when the port is taken. */
export function startSimulator(options: SimulatorOptions = {}): Simulator {
  const clock = options.clock ?? systemClock;
  const accounts = new Map<string, SimulatedAccount>();
  const sessions = createSessionStore(clock, options.accessTokenLifetimeMs ?? tenDaysMs);
  const scripts = createScriptQueue();
  const recorder = createRecorder(clock);
  const refreshes = new Map<string, number>();
  let openConnections = 0;

  const server = createServer();
  // node:http would close idle and slow connections by itself; here only scripts do.
  Object.assign(server, { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, timeout: 0 });
  let listenError: Error | undefined;
  server.on('error', (error) => {
    listenError = error;
  });
  const port = options.port ?? 0;
  server.listen(port, '127.0.0.1');
  const address = server.address() as AddressInfo | null;
  if (!address) throw listenError ?? new Error(`The simulator cannot listen on port ${port}: is it taken?`);
  const origin = `http://127.0.0.1:${address.port}`;
  const oauth = createOauthEndpoints({ clock, sessions, issuer: origin });

  const simulator: Simulator = {
    origin,
    baseUrl: `${origin}/backend-api/codex`,
    issuer: origin,
    accounts,
    addAccount(accountOptions = {}) {
      const name = accountOptions.name ?? `account-${accounts.size + 1}`;
      if (accounts.has(name)) throw new Error(`The simulator already has an account ${name}.`);
      const account = createAccount({ clock, sessions, issuer: origin, name }, accountOptions);
      accounts.set(name, account);
      return account;
    },
    script: (step) => scripts.push(step),
    clearScripts: () => scripts.clear(),
    get waitingScripts() {
      return scripts.size;
    },
    requests: recorder.requests,
    get openConnections() {
      return openConnections;
    },
    refreshCount: (account) =>
      account === undefined
        ? [...refreshes.values()].reduce((sum, count) => sum + count, 0)
        : (refreshes.get(account) ?? 0),
    approveDeviceCode(userCode, name) {
      const account = accounts.get(name);
      return account !== undefined && oauth.approveDevice(userCode, account);
    },
    waitFor: recorder.waitFor,
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  };

  const handle = createHandler({
    simulator,
    clock,
    sessions,
    oauth,
    scripts,
    recorder,
    eventDelayMs: options.eventDelayMs ?? 0,
    onRefresh: (account) => void refreshes.set(account, (refreshes.get(account) ?? 0) + 1),
    onOpen: (change) => {
      openConnections += change;
    },
  });
  server.on('request', handle);
  return simulator;
}
