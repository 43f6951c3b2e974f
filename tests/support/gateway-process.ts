import { join } from 'node:path';
import type { Db } from '../../db/client.ts';
import { importAccounts } from '../../server/accounts/import/import.ts';
import { systemClock } from '../../server/core/clock.ts';
import { createSecretBox } from '../../server/core/secret-box.ts';
import { createKeyService } from '../../server/keys/service.ts';
import type { SimulatedAccount } from '../../server/simulator/account.ts';
import type { Simulator } from '../../server/simulator/simulator.ts';
import { temporaryDatabase } from './database.ts';

const main = join(import.meta.dir, '../../server/main.ts');

/** The key that seals the databases of tests. */
const encryptionKey = new Uint8Array(32).fill(7);

type Variables = Record<string, string>;

export interface ProcessResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs one command as a process of its own on the database of a test. */
export async function runCommand(db: Db, args: readonly string[], variables: Variables = {}): Promise<ProcessResult> {
  const child = spawn(db, args, variables);
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

/** A gateway in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  /** Asks for a whole chat answer with the client key. */
  ask(text: string): Promise<Response>;
  /** Resolves once that many requests are under way. */
  untilRunning(count: number): Promise<void>;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** One database that gateway processes share, in front of a simulated backend. */
export interface Deployment extends AsyncDisposable {
  readonly db: Db;
  import(account: SimulatedAccount, extra?: Record<string, unknown>): string;
  /** The row of an account, as it is on disk. */
  row(id: string): Record<string, unknown>;
  /** Starts a gateway process and waits until it listens. */
  start(variables?: Variables): Promise<GatewayProcess>;
}

export async function createDeployment(simulator: Simulator): Promise<Deployment> {
  const database = await temporaryDatabase();
  const { db } = database;
  const box = createSecretBox(encryptionKey);
  const { key } = createKeyService({ db, clock: systemClock }).create({
    name: 'test',
    expiresAt: null,
    allowedModels: null,
  });
  const processes: GatewayProcess[] = [];

  return {
    db,
    import(account, extra = {}) {
      const text = JSON.stringify({ ...account.authJson(), ...extra });
      const report = importAccounts({ db, box, clock: systemClock }, [{ name: account.name, text }]);
      const id = report.items[0]?.id;
      if (id === undefined) throw new Error(`The account was not imported: ${JSON.stringify(report)}`);
      return id;
    },
    row: (id) => db.sqlite.query('select * from tokens where id = ?').get(id) as Record<string, unknown>,
    async start(variables = {}) {
      const child = spawn(db, ['serve', '--json'], {
        CODEX_BASE_URL: simulator.baseUrl,
        OAUTH_ISSUER: simulator.issuer,
        PORT: '0',
        ...variables,
      });
      const { base_url: baseUrl } = JSON.parse(await firstLine(child.stdout)) as { base_url: string };
      const started: GatewayProcess = {
        ask: (text) =>
          fetch(`${baseUrl}/chat/completions`, {
            method: 'POST',
            headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
            body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: text }] }),
          }),
        async untilRunning(count) {
          const origin = new URL(baseUrl).origin;
          for (const deadline = Date.now() + 5_000; Date.now() < deadline; await Bun.sleep(5)) {
            const health = (await (await fetch(`${origin}/health`)).json()) as { running_requests: number };
            if (health.running_requests === count) return;
          }
          throw new Error(`There were never ${count} requests under way.`);
        },
        async kill() {
          child.kill('SIGKILL');
          await child.exited;
        },
        [Symbol.asyncDispose]: () => started.kill(),
      };
      processes.push(started);
      return started;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(processes.map((process) => process.kill()));
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Nothing of the surroundings reaches the process but what it needs. */
function spawn(db: Db, args: readonly string[], variables: Variables): Bun.Subprocess<'ignore', 'pipe', 'pipe'> {
  const databasePath = db.sqlite.filename;
  const folder = join(databasePath, '..');
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: folder,
    LOG_LEVEL: 'silent',
    DATABASE_PATH: databasePath,
    ENCRYPTION_KEY: Buffer.from(encryptionKey).toString('base64'),
    // A command that needs no upstream gets a closed port.
    CODEX_BASE_URL: 'http://127.0.0.1:1/backend-api/codex',
    OAUTH_ISSUER: 'http://127.0.0.1:1',
    ...variables,
  };
  return Bun.spawn([process.execPath, main, ...args], {
    cwd: folder,
    env: environment,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

/** The first line a process prints. Throws when it ends without one. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
  }
  throw new Error(`The process ended after ${JSON.stringify(text)}.`);
}
