/** Requests under way per account in this process, and who waits for a place. */
export interface InFlight {
  count(accountId: string): number;
  enter(accountId: string): void;
  leave(accountId: string): void;
  readonly total: number;
  /** Resolves true at the next `leave`, false after `timeoutMs` or when the signal aborts. */
  waitForPlace(timeoutMs: number, signal: AbortSignal): Promise<boolean>;
}

export function createInFlight(): InFlight {
  const counts = new Map<string, number>();
  const waiting = new Set<(isFree: boolean) => void>();
  let total = 0;
  return {
    count: (accountId) => counts.get(accountId) ?? 0,
    enter(accountId) {
      counts.set(accountId, (counts.get(accountId) ?? 0) + 1);
      total += 1;
    },
    leave(accountId) {
      const left = (counts.get(accountId) ?? 1) - 1;
      if (left <= 0) counts.delete(accountId);
      else counts.set(accountId, left);
      total -= 1;
      // All of them: the first may want another account than the one that became free.
      for (const wake of waiting) wake(true);
    },
    get total() {
      return total;
    },
    waitForPlace(timeoutMs, signal) {
      return new Promise((resolve) => {
        const settle = (isFree: boolean) => {
          clearTimeout(timer);
          waiting.delete(settle);
          signal.removeEventListener('abort', onAbort);
          resolve(isFree);
        };
        const onAbort = () => settle(false);
        const timer = setTimeout(() => settle(false), timeoutMs);
        waiting.add(settle);
        if (signal.aborted) settle(false);
        else signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
