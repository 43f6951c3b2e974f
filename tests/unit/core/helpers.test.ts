import { expect, test } from 'bun:test';
import { createBatch } from '../../../server/core/batch.ts';
import { redact } from '../../../server/core/log.ts';
import { createSingleFlight } from '../../../server/core/single-flight.ts';
import { createTicker } from '../../../server/core/ticker.ts';

test('single flight: callers with one key share a run, and the key is free afterwards', async () => {
  const flight = createSingleFlight<number>();
  let runs = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async () => {
    runs += 1;
    await promise;
    return runs;
  };
  const shared = Promise.all([flight('a', run), flight('a', run)]);
  resolve();
  expect(await shared).toEqual([1, 1]);
  expect(await flight('a', run)).toBe(2);
});

test('single flight: a failure is shared and forgotten', async () => {
  const flight = createSingleFlight<number>();
  expect(flight('a', () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  await Bun.sleep(0);
  expect(await flight('a', () => Promise.resolve(1))).toBe(1);
});

const onError = (error: unknown) => {
  throw error;
};

test('batch: items are handed over together, at the latest after the delay', async () => {
  const { promise, resolve } = Promise.withResolvers<number[]>();
  const batch = createBatch<number>({ maxDelayMs: 5, maxItems: 10, write: resolve, onError });
  batch.add(1);
  batch.add(2);
  expect(batch.size).toBe(2);
  expect(await promise).toEqual([1, 2]);
  expect(batch.size).toBe(0);
});

test('batch: a full one does not wait', () => {
  const written: number[][] = [];
  const batch = createBatch<number>({
    maxDelayMs: 60_000,
    maxItems: 2,
    write: (items) => written.push(items),
    onError,
  });
  batch.add(1);
  batch.add(2);
  expect(written).toEqual([[1, 2]]);
});

test('batch: what cannot be written waits for the next flush, ends nobody, and is told once', () => {
  let isBroken = true;
  const written: number[][] = [];
  const told: unknown[] = [];
  const batch = createBatch<number>({
    maxDelayMs: 60_000,
    maxItems: 2,
    write(items) {
      if (isBroken) throw new Error('disk full');
      written.push(items);
    },
    onError: (error, items) => told.push([(error as Error).message, items]),
  });
  for (const item of [1, 2, 3]) batch.add(item);
  batch.flush();
  expect([batch.size, written, told]).toEqual([3, [], [['disk full', 2]]]);
  isBroken = false;
  batch.flush();
  expect([batch.size, written]).toEqual([0, [[1, 2, 3]]]);
});

test('ticker: listeners are told while they are registered', async () => {
  const ticker = createTicker(1);
  const { promise, resolve } = Promise.withResolvers<number>();
  const listener = { tick: resolve };
  const before = ticker.now;
  ticker.add(listener);
  expect(await promise).toBeGreaterThanOrEqual(before);
  ticker.delete(listener);
  expect(ticker.size).toBe(0);
});

test.each([
  ['a client key', 'sk-abcdefgh12345678'],
  ['a refresh token', 'rt_abcdefgh12345678'],
  ['a JWT', `eyJhbGciOiJ.${'x'.repeat(20)}.sig`],
  ['encrypted content', `gAAAA${'x'.repeat(30)}`],
])('X11: %s is cut out of log lines', (_, secret) => {
  expect(redact(`before ${secret} after`)).toBe('before [redacted] after');
});
