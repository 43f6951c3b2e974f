import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { read, readerOf } from '../../support/gateway-faults.ts';
import { type Serving, startServing } from '../../support/serving-process.ts';

// Processes are started one after the other, on a machine that may be busy.
setDefaultTimeout(20_000);

/** A streamed answer that stops in the middle until `release` is called. */
async function heldStream(serving: Serving) {
  const held = Promise.withResolvers<void>();
  serving.simulator.script({ reply: { kind: 'answer', wait: (index) => (index === 5 ? held.promise : undefined) } });
  const stream = readerOf(await serving.ask({ stream: true, messages: [{ role: 'user', content: '[[sim:text 8]]' }] }));
  await stream.until((raw) => raw.includes('data: '));
  return { stream, release: held.resolve };
}

async function readiness(serving: Serving): Promise<number> {
  const response = await fetch(`${serving.origin}/readyz`);
  await response.text();
  return response.status;
}

function logRows(serving: Serving): Record<string, unknown>[] {
  using database = new Database(serving.cli.databasePath);
  return database.query<Record<string, unknown>, []>('select status_code, error_code from api_logs order by id').all();
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`R6: after ${signal} the server is not ready, running streams finish, everything is recorded and the exit code is 0`, async () => {
    await using serving = await startServing();
    const [first, second] = [await heldStream(serving), await heldStream(serving)];
    expect(await readiness(serving)).toBe(200);

    serving.child.kill(signal);
    await until(async () => (await readiness(serving)) === 503);
    const refused = await read(await serving.ask({ messages: [{ role: 'user', content: 'hi' }] }));
    expect(refused).toMatchObject({ status: 503, error: { code: 'shutting_down' } });

    first.release();
    second.release();
    for (const { stream } of [first, second])
      expect(await stream.rest()).toMatchObject({ isComplete: true, error: undefined });
    expect(await serving.child.exited).toBe(0);
    expect(logRows(serving)).toEqual([
      { status_code: 200, error_code: null },
      { status_code: 200, error_code: null },
    ]);
  });
}

test('R6: a stream that outlasts the deadline ends in an error event and is recorded', async () => {
  await using serving = await startServing({ SHUTDOWN_TIMEOUT_MS: '200' });
  const { stream } = await heldStream(serving);
  serving.child.kill('SIGTERM');
  const got = await stream.rest();
  expect(got.isComplete).toBe(false);
  expect(got.error).toBeDefined();
  expect(await serving.child.exited).toBe(0);
  expect(logRows(serving)).toHaveLength(1);
});

test('R6: a second signal ends the process at once', async () => {
  await using serving = await startServing();
  const { stream } = await heldStream(serving);
  serving.child.kill('SIGTERM');
  await until(async () => (await readiness(serving)) === 503);
  const since = performance.now();
  serving.child.kill('SIGTERM');
  expect(await serving.child.exited).toBe(143);
  expect(performance.now() - since).toBeLessThan(1_000);
  await stream.rest().catch(() => {});
});

/** Asks again until it is so; at most five seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('It did not come to that.');
    await Bun.sleep(10);
  }
}
