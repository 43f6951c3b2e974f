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

const retryMs = 1_000;
/** Of the items that cannot be handed over, so many of the newest are kept. */
const mostKept = 10_000;

export function createBatch<T>(options: {
  maxDelayMs: number;
  maxItems: number;
  write: (items: T[]) => void;
  /**
   * Told when `write` begins to throw (a full disk, a locked database). That ends nobody's request, nor the process:
   * the items wait for the next flush, or for a second.
   */
  onError: (error: unknown, items: number) => void;
}): Batch<T> {
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFailing = false;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    try {
      options.write(items);
      isFailing = false;
    } catch (error) {
      waiting = [...items, ...waiting].slice(-mostKept);
      // Alone it must not keep a process alive that has ended otherwise.
      timer = setTimeout(flush, retryMs).unref();
      if (!isFailing) options.onError(error, waiting.length);
      isFailing = true;
    }
  };

  return {
    add(item) {
      waiting.push(item);
      if (waiting.length >= options.maxItems && !isFailing) flush();
      else timer ??= setTimeout(flush, options.maxDelayMs);
    },
    flush,
    get size() {
      return waiting.length;
    },
  };
}
