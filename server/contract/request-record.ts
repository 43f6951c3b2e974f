import type { Usage } from './usage.ts';

/** What one attempt met: for the record of requests that took more than one or failed. */
export interface AttemptRecord {
  accountId: string;
  chosenBy: string;
  /** `ok` or the verdict's code. */
  outcome: string;
  status?: number | undefined;
  durationMs: number;
}

/** One finished request. */
export interface RequestRecord {
  requestId: string;
  keyId: string | null;
  accountId: string | null;
  endpoint: string;
  model: string | null;
  servedModel: string | null;
  statusCode: number;
  errorCode: string | null;
  errorMessage: string | null;
  attempts: AttemptRecord[];
  streamed: boolean;
  timeToFirstByteMs: number | null;
  durationMs: number;
  usage: Usage;
  costMicros: number | null;
  /** When the request began. */
  createdAt: number;
}

/** A request counts as a failure when its client got an error; one that the client itself left does not. */
export function isFailure(record: RequestRecord): boolean {
  return record.errorCode !== null && record.errorCode !== 'client_closed';
}
