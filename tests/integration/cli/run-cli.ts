import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dir, '../../../server/main.ts');

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A folder of its own for one test, with a command line that works in it as a real process. Gone at the end. */
export interface Installation extends AsyncDisposable {
  folder: string;
  databasePath: string;
  run(args: readonly string[], options?: { stdin?: string; variables?: Record<string, string> }): Promise<CliResult>;
  /** Runs with `--json` and parses the one document that must stand on standard output. */
  json(
    args: readonly string[],
    options?: { stdin?: string; variables?: Record<string, string> },
  ): Promise<{ exitCode: number; value: unknown }>;
  /** Starts a command that goes on until it is stopped. */
  start(args: readonly string[], variables?: Record<string, string>): Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
}

export async function createInstallation(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'gpt2api-cli-'));
  const databasePath = join(folder, 'data', 'app.db');
  // Nothing of the surroundings but what a process needs; the upstream is a closed port.
  const environment = (variables: Record<string, string> = {}) => ({
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    TMPDIR: folder,
    LOG_LEVEL: 'silent',
    DATABASE_PATH: databasePath,
    CODEX_BASE_URL: 'http://127.0.0.1:1/backend-api/codex',
    OAUTH_ISSUER: 'http://127.0.0.1:1',
    ...variables,
  });
  const command = (args: readonly string[]) => [process.execPath, main, ...args];

  const run: Installation['run'] = async (args, options = {}) => {
    const child = Bun.spawn(command(args), {
      cwd: folder,
      env: environment(options.variables),
      stdin: new Blob([options.stdin ?? '']),
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [stdout, stderr, exitCode] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
    return { exitCode, stdout, stderr };
  };

  return {
    folder,
    databasePath,
    run,
    async json(args, options) {
      const { exitCode, stdout } = await run([...args, '--json'], options);
      return { exitCode, value: JSON.parse(stdout) };
    },
    start: (args, variables) =>
      Bun.spawn(command(args), {
        cwd: folder,
        env: environment(variables),
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'pipe',
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(stream).text();
}
