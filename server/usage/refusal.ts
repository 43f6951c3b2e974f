import type { RequestRecord } from '../contract/request-record.ts';
import { unknownUsage } from '../contract/usage.ts';
import { AppError } from '../core/errors.ts';

/** The record of a request that was refused before it became a call: bad key, bad body, forbidden model. */
export function refusalRecord(
  refused: Pick<RequestRecord, 'requestId' | 'endpoint' | 'keyId' | 'model' | 'createdAt' | 'durationMs'>,
  error: unknown,
): RequestRecord {
  const known = error instanceof AppError ? error : new AppError('internal_error', 'The gateway failed.');
  return {
    ...refused,
    accountId: null,
    servedModel: null,
    statusCode: known.status,
    errorCode: known.details.wireCode ?? known.code,
    errorMessage: known.message,
    attempts: [],
    streamed: false,
    timeToFirstByteMs: null,
    usage: unknownUsage,
    costMicros: null,
  };
}
