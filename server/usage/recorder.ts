import type { UsageRepository } from '../../db/repositories/usage.ts';
import { createBatch } from '../core/batch.ts';
import type { Log } from '../core/log.ts';
import type { RequestRecord } from '../contract/request-record.ts';

/** Half of the promise that a finished request is on disk one second later. */
const writeDelayMs = 250;

/** Keeps the record of every request: log row, totals and counters, written together in small batches. */
export interface Recorder {
  record(request: RequestRecord): void;
  /** Writes what is waiting, now. */
  flush(): void;
  /** Records that wait to be written, including those that a failing disk keeps back. */
  readonly queued: number;
}

export function createRecorder(deps: { repository: UsageRepository; log: Log }): Recorder {
  const batch = createBatch<RequestRecord>({
    maxDelayMs: writeDelayMs,
    maxItems: 500,
    write: (records) => deps.repository.save(records),
    onError: (error, records) => deps.log.error({ err: error, records }, 'The request log cannot be written'),
  });
  return {
    record: (request) => batch.add(request),
    flush: () => batch.flush(),
    get queued() {
      return batch.size;
    },
  };
}
