import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importAccounts } from './accounts/import/import.ts';
import { openContext } from './cli/context.ts';
import { systemClock } from './core/clock.ts';
import { type App, createApp } from './create-app.ts';
import type { Env } from './env.ts';
import { createKeyService } from './keys/service.ts';
import { listen, listenOrClose, type RunningServer } from './listen.ts';
import { readModelTable } from './models/load.ts';
import { untilSignal } from './serve.ts';
import { addDemoAccounts } from './simulator/demo-accounts.ts';
import { startSimulator } from './simulator/simulator.ts';

/** What a demo that is up tells: enough to call it. */
export interface DemoReady {
  base_url: string;
  key: string;
  curl: string;
  simulator: string;
}

/** What ends a demo. A terminal that is closed says SIGHUP, and nothing must be left behind then either. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The `demo` command: a gateway in front of a simulated backend with three accounts and one client key, all in a
 * temporary folder that is gone afterwards. Listens on `PORT`, or on any free port when that is taken.
 */
export async function demo(
  variables: Readonly<Record<string, string | undefined>>,
  onReady: (ready: DemoReady) => void,
): Promise<void> {
  const stopped = untilSignal(endings);
  const folder = mkdtempSync(join(tmpdir(), 'gpt2api-demo-'));
  const simulator = startSimulator({ eventDelayMs: 15 });
  try {
    using context = openContext({
      PORT: variables['PORT'],
      HOST: variables['HOST'],
      LOG_LEVEL: variables['LOG_LEVEL'] ?? 'warn',
      LOAD_BALANCE_STRATEGY: variables['LOAD_BALANCE_STRATEGY'],
      DATABASE_PATH: join(folder, 'app.db'),
      CODEX_BASE_URL: simulator.baseUrl,
      OAUTH_ISSUER: simulator.issuer,
    });
    const accounts = addDemoAccounts(simulator, systemClock.now());
    importAccounts(
      context,
      accounts.map((account) => ({ name: `${account.name}.json`, text: JSON.stringify(account.authJson()) })),
    );
    const { key } = createKeyService(context).create({ name: 'demo', expiresAt: null, allowedModels: null });
    const app = createApp({ ...context, modelTable: readModelTable(undefined) });
    const server = await listenSomewhere(app, context.env);
    onReady({ base_url: `${server.origin}/v1`, key, curl: curlLine(server, key), simulator: simulator.origin });
    await stopped;
    // Package runners pass Ctrl-C on although the terminal has told us already: a second one must not stop the cleaning.
    for (const signal of endings) process.on(signal, () => {});
    await server.stop(0);
  } finally {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listenSomewhere(app: App, { HOST, PORT, BODY_LIMIT }: Env): Promise<RunningServer> {
  const options = { hostname: HOST, BODY_LIMIT };
  try {
    return listen(app, { ...options, port: PORT });
  } catch (error) {
    const isTaken = (error as { cause?: { code?: unknown } }).cause?.code === 'EADDRINUSE';
    return listenOrClose(app, { ...options, port: isTaken ? 0 : PORT });
  }
}

function curlLine(server: RunningServer, key: string): string {
  const body = JSON.stringify({ model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: 'Say hello' }] });
  return `curl -N ${server.origin}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`;
}

/** The same for people. */
export function demoText({ base_url, key, curl, simulator }: DemoReady): string {
  return `
  The demo is up: a gateway, a simulated Codex backend (${simulator}) and three invented accounts.
  No real account is used, and nothing is kept.

  Base URL  ${base_url}
  API key   ${key}

  Try it:
  ${curl}

  Ctrl-C ends it.
`;
}
