import { openContext } from './cli/context.ts';
import { commandName } from './core/command-name.ts';
import { createApp } from './create-app.ts';
import type { Env } from './env.ts';
import { createKeyService } from './keys/service.ts';
import { listenOrClose } from './listen.ts';
import { readModelTable } from './models/load.ts';

/**
 * The `serve` command: opens the database (made and migrated when needed), listens, and runs until SIGTERM or SIGINT.
 * The first signal lets running requests finish, a second one ends at once.
 */
export async function serve(
  variables: Readonly<Record<string, string | undefined>>,
  onReady: (ready: { base_url: string }) => void,
): Promise<void> {
  const stopped = untilSignal();
  using context = openContext(variables);
  const { env, db, clock, log } = context;
  const app = createApp({ ...context, modelTable: readModelTable(env.MODELS_FILE) });
  const server = await listenOrClose(app, { hostname: env.HOST, port: env.PORT, BODY_LIMIT: env.BODY_LIMIT });
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'An error was handled by nobody'));

  const accounts = (db.sqlite.query('select count(*) as count from tokens').get() as { count: number }).count;
  const hasKeys = createKeyService({ db, clock }).hasAnyKey();
  process.stderr.write(`${greeting(env, server.origin, accounts, hasKeys)}\n`);

  onReady({ base_url: `${server.origin}/v1` });

  await stopped;
  log.info({ running: app.runningRequests }, 'Stopping');
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  await server.stop(env.SHUTDOWN_TIMEOUT_MS);
}

/** Resolves at the first of `signals`. */
export function untilSignal(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
  });
}

/** What the operator sees at the start, with the next step when something is missing. */
function greeting(env: Env, origin: string, accounts: number, hasKeys: boolean): string {
  const lines = [
    `gpt2api listens at ${origin}/v1 (${accounts} ${accounts === 1 ? 'account' : 'accounts'}, database ${env.DATABASE_PATH})`,
  ];
  if (accounts === 0)
    lines.push(`There is no account yet. Import one:  ${commandName} tokens import ~/.codex/auth.json`);
  if (!hasKeys)
    lines.push(`There is no client key yet, so /v1 is closed. Make one:  ${commandName} keys create --name laptop`);
  return lines.join('\n');
}
