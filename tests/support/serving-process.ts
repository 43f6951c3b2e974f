import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInstallation, type Installation } from '../integration/cli/run-cli.ts';
import { type Simulator, startSimulator } from '../../server/simulator/simulator.ts';

/** `serve` as a process of its own, with one account of a simulated backend and one client key. */
export interface Serving extends AsyncDisposable {
  readonly cli: Installation;
  readonly simulator: Simulator;
  readonly origin: string;
  readonly key: string;
  readonly keyId: string;
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  /** Everything the process has written to standard error. */
  errorText(): Promise<string>;
  ask(body: Record<string, unknown>, options?: { key?: string; signal?: AbortSignal }): Promise<Response>;
  /** Command line options that reach the same backend. */
  readonly variables: Record<string, string>;
}

export async function startServing(extra: Record<string, string> = {}): Promise<Serving> {
  const cli = await createInstallation();
  const simulator = startSimulator();
  const variables = { CODEX_BASE_URL: simulator.baseUrl, OAUTH_ISSUER: simulator.issuer, PORT: '0', ...extra };
  const stdin = JSON.stringify(simulator.addAccount().authJson());
  const imported = await cli.run(['tokens', 'import', '-'], { stdin, variables });
  if (imported.exitCode !== 0) throw new Error(imported.stderr);
  const { value } = await cli.json(['keys', 'create', '--name', 'test'], { variables });
  const { key, id: keyId } = value as { key: string; id: string };

  const child = cli.start(['serve', '--json'], variables);
  const errors = new Response(child.stderr).text();
  const { base_url: baseUrl } = JSON.parse(await firstLine(child.stdout)) as { base_url: string };
  const { origin } = new URL(baseUrl);
  return {
    cli,
    simulator,
    origin,
    key,
    keyId,
    child,
    variables,
    errorText: () => errors,
    ask: (body, { key: presented = key, signal } = {}) =>
      fetch(`${origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${presented}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5.5', ...body }),
        signal: signal ?? null,
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await child.exited;
      await simulator.close();
      await cli[Symbol.asyncDispose]();
    },
  };
}

/** The first line a process prints. Throws when it ends without one. */
export async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  return (await readUntil(stream, (text) => text.includes('\n'))).split('\n', 1)[0] ?? '';
}

/** What a process prints until `isEnough`. Throws when it ends before. */
export async function readUntil(
  stream: ReadableStream<Uint8Array>,
  isEnough: (text: string) => boolean,
): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (!isEnough(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The process ended after ${JSON.stringify(text)}.`);
      text += decoder.decode(value, { stream: true });
    }
    return text;
  } finally {
    reader.releaseLock();
  }
}

/** Every file of a folder with its bytes. */
export async function contentsOf(folder: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  const entries = names.map(
    async (name) => [name, Buffer.from(await Bun.file(join(folder, name)).arrayBuffer())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
