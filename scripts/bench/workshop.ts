import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subprocess } from 'bun';

/** The measured process has this core for itself; everything else runs on the other. */
export const measuredCore = 0;
export const otherCore = 1;

/** Where a run keeps its files and processes. All of them are gone afterwards, also after Ctrl-C. */
export interface Workshop extends AsyncDisposable {
  /** A new empty folder. */
  folder(): string;
  /** Starts a process on one core. Its output is dropped unless asked for. */
  start(
    core: number,
    command: string[],
    options?: { env?: Record<string, string>; cwd?: string; stdout?: 'pipe' },
  ): Subprocess<'ignore', 'pipe' | 'ignore', 'ignore'>;
}

export function openWorkshop(): Workshop {
  const root = mkdtempSync(join(tmpdir(), 'gpt2api-bench-'));
  const children = new Set<Subprocess>();
  let folders = 0;

  const clear = () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  };
  const interrupt = () => {
    clear();
    process.exit(130);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  return {
    folder() {
      folders += 1;
      return mkdtempSync(join(root, `${folders}-`));
    },
    start(core, command, { env = {}, cwd = root, stdout } = {}) {
      const child = Bun.spawn(['taskset', '-c', String(core), ...command], {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: root, ...env },
        stdin: 'ignore',
        stdout: stdout ?? 'ignore',
        stderr: 'ignore',
      });
      children.add(child);
      void child.exited.then(() => children.delete(child));
      return child;
    },
    async [Symbol.asyncDispose]() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      const exits = Array.from(children, ({ exited }) => exited);
      clear();
      await Promise.all(exits);
    },
  };
}

/** Ends a process politely, and waits for it. */
export async function stop(child: Subprocess): Promise<void> {
  child.kill('SIGTERM');
  const isGone = await Promise.race([child.exited.then(() => true), Bun.sleep(5_000).then(() => false)]);
  if (!isGone) child.kill('SIGKILL');
  await child.exited;
}

/** A port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
