import { join } from 'node:path';
import { importAccounts } from '../../server/accounts/import/import.ts';
import { openContext } from '../../server/cli/context.ts';
import { systemClock } from '../../server/core/clock.ts';
import { createKeyService } from '../../server/keys/service.ts';
import { createAccount } from '../../server/simulator/account.ts';
import { createSessionStore } from '../../server/simulator/sessions.ts';
import { freePort, measuredCore, stop, type Workshop } from './workshop.ts';

const main = join(import.meta.dir, '../../server/main.ts');

/** A gateway that is not running: its folder, and the key it knows. */
export interface PreparedGateway {
  key: string;
  start(): Promise<RunningGateway>;
}

export interface RunningGateway extends AsyncDisposable {
  port: number;
  key: string;
  pid: number;
  /** From the start of the process to the first 200 of `/livez`. */
  readyMs: number;
}

export interface GatewayOptions {
  upstreamPort: number;
  accounts: number;
  /** A folder for a CPU profile of every run. */
  profileTo?: string | undefined;
}

/** Makes a database with accounts and a key. The gateway is the real program, with all its defaults. */
export function prepareGateway(
  workshop: Workshop,
  { upstreamPort, accounts, profileTo }: GatewayOptions,
): PreparedGateway {
  const folder = workshop.folder();
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const variables = {
    DATABASE_PATH: join(folder, 'app.db'),
    CODEX_BASE_URL: `${upstream}/backend-api/codex`,
    OAUTH_ISSUER: upstream,
    HOST: '127.0.0.1',
  };
  const key = fillDatabase(variables, accounts);
  // A profiler's signals can kill a program that starts itself anew; with the cap lifted already it does not.
  const environment: Record<string, string> = profileTo === undefined ? {} : { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' };
  const profile = profileTo === undefined ? [] : ['--cpu-prof-md', '--cpu-prof', '--cpu-prof-dir', profileTo];

  return {
    key,
    async start() {
      const port = await freePort();
      const startedAt = performance.now();
      const child = workshop.start(measuredCore, [process.execPath, ...profile, main, 'serve'], {
        cwd: folder,
        env: { ...variables, ...environment, PORT: String(port) },
      });
      await untilLive(port, child.exited);
      return {
        port,
        key,
        pid: child.pid,
        readyMs: performance.now() - startedAt,
        [Symbol.asyncDispose]: () => stop(child),
      };
    },
  };
}

function fillDatabase(variables: Record<string, string>, accounts: number): string {
  using context = openContext({ ...variables, LOG_LEVEL: 'silent' });
  const sessions = createSessionStore(systemClock, 10 * 24 * 3_600_000);
  const files = Array.from({ length: accounts }, (_, index) => {
    const name = `account-${index + 1}`;
    const account = createAccount({ clock: systemClock, sessions, issuer: variables['OAUTH_ISSUER'] ?? '', name }, {});
    return { name, text: JSON.stringify(account.authJson()) };
  });
  const { counts } = importAccounts(context, files);
  if (counts.created !== accounts) throw new Error(`Not every account was imported: ${JSON.stringify(counts)}`);
  return createKeyService(context).create({ name: 'bench', expiresAt: null, allowedModels: null }).key;
}

async function untilLive(port: number, exited: Promise<number>): Promise<void> {
  const exit: { code?: number } = {};
  void exited.then((code) => {
    exit.code = code;
  });
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; await Bun.sleep(1)) {
    if (exit.code !== undefined) throw new Error(`The gateway ended at once, with exit code ${exit.code}.`);
    const response = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
  }
  throw new Error('The gateway did not come up within 20 s.');
}
