/**
 * Collects items and hands them over together, at most `maxDelayMs` after the first one came in. For writes that
 * must be on disk soon but not before the answer goes out.
 */
export interface Batch<T> {
  add(item: T): void;
  /** Hands over what is waiting, now. */
  flush(): void;
  readonly size: number;
}

export function createBatch<T>(options: {
  maxDelayMs: number;
  maxItems: number;
  write: (items: T[]) => void;
}): Batch<T> {
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    options.write(items);
  };

  return {
    add(item) {
      waiting.push(item);
      if (waiting.length >= options.maxItems) flush();
      else timer ??= setTimeout(flush, options.maxDelayMs);
    },
    flush,
    get size() {
      return waiting.length;
    },
  };
}
