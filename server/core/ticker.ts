/**
 * One coarse timer for everything that only needs to know whether a fraction of a second has passed: deadlines of
 * upstream calls and keep-alives of client streams. A timer per event would cost more than the event; here an event
 * costs one assignment of {@link Ticker.now}. The interval runs only while somebody is registered.
 */
export interface Ticker {
  /** Milliseconds of a monotonic clock, as of the last tick (at most one interval old while somebody is registered). */
  readonly now: number;
  add(listener: TickListener): void;
  delete(listener: TickListener): void;
  /** Registered listeners; 0 when nothing is under way (for tests of leaks). */
  readonly size: number;
}

export interface TickListener {
  tick(now: number): void;
}

export function createTicker(intervalMs = 100): Ticker {
  const listeners = new Set<TickListener>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let now = performance.now();

  const onTick = () => {
    now = performance.now();
    for (const listener of listeners) listener.tick(now);
  };

  return {
    get now() {
      return now;
    },
    add(listener) {
      if (listeners.size === 0) {
        now = performance.now();
        timer = setInterval(onTick, intervalMs);
      }
      listeners.add(listener);
    },
    delete(listener) {
      if (listeners.delete(listener) && listeners.size === 0) clearInterval(timer);
    },
    get size() {
      return listeners.size;
    },
  };
}

/**
 * Resolves once `ms` have passed on the ticker's coarse clock, unless it is cancelled before: then never. Costs no timer.
 */
export function elapsed(ticker: Ticker, ms: number): { promise: Promise<void>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener: TickListener = {
    tick(now) {
      if (now - startedAt < ms) return;
      ticker.delete(listener);
      resolve();
    },
  };
  ticker.add(listener);
  const startedAt = ticker.now;
  return { promise, cancel: () => ticker.delete(listener) };
}
