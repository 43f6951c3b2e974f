import { performance } from 'node:perf_hooks';
import type { Lease } from '../accounts/pool.ts';
import type { AttemptRecord, RequestRecord } from '../contract/request-record.ts';
import { AppError } from '../core/errors.ts';
import { costMicros } from '../models/price.ts';
import type { AnswerCall, CallContext } from './call.ts';
import { type AnswerFacts, createAnswerFacts } from './translate/answer-facts.ts';

/**
 * One request on its way: what it holds and what will be recorded of it. Ends exactly once, by {@link finish},
 * however it ends; everything that must happen at the end hangs on that.
 */
export class RequestRun {
  readonly call: AnswerCall;
  readonly context: CallContext;
  readonly attempts: AttemptRecord[] = [];
  facts: AnswerFacts;
  lease: Lease | undefined;
  readonly #abort = new AbortController();
  readonly #onClientGone = () => this.abort(clientClosed());
  readonly #startedAt = performance.now();
  readonly #record: (record: RequestRecord) => void;
  #timeToFirstByteMs: number | null = null;
  #accountId: string | null = null;
  #isFinished = false;

  constructor(call: AnswerCall, context: CallContext, record: (record: RequestRecord) => void) {
    this.call = call;
    this.context = context;
    this.facts = createAnswerFacts({ keepItems: call.keepItems });
    this.#record = record;
    if (context.signal.aborted) this.#onClientGone();
    else context.signal.addEventListener('abort', this.#onClientGone, { once: true });
  }

  /** Aborts when the client leaves or the server stops; its reason is the AppError that this ends with. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Ends everything that is done for this request. */
  abort(reason: AppError): void {
    this.#abort.abort(reason);
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** A new attempt begins with nothing known of its answer. */
  beginAttempt(lease: Lease): void {
    this.lease = lease;
    // A client that left its stream while the account was made ready has ended the request already.
    if (this.#isFinished) lease.release({ kind: 'none' }, false);
    this.#accountId = lease.account.id;
    this.facts = createAnswerFacts({ keepItems: this.call.keepItems });
  }

  noteFirstByte(): void {
    this.#timeToFirstByteMs ??= performance.now() - this.#startedAt;
  }

  /** Releases the account and records the request. `error` is what the client got, if it did not get its answer. */
  finish(statusCode: number, error?: AppError, errorCode?: string): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.context.signal.removeEventListener('abort', this.#onClientGone);
    this.lease?.release({ kind: 'none' }, error === undefined);
    this.context.onEnd();
    const { facts, call } = this;
    this.#record({
      requestId: this.context.requestId,
      keyId: this.context.keyId,
      accountId: this.#accountId,
      endpoint: call.endpoint,
      model: call.model.asked,
      servedModel: facts.servedModel,
      statusCode,
      errorCode: error ? (errorCode ?? error.details.wireCode ?? error.code) : null,
      errorMessage: error?.message ?? null,
      attempts: this.attempts,
      streamed: call.wantsStream,
      timeToFirstByteMs: this.#timeToFirstByteMs === null ? null : Math.round(this.#timeToFirstByteMs),
      durationMs: Math.round(performance.now() - this.#startedAt),
      usage: facts.usage,
      costMicros: costMicros(call.model.facts?.price ?? null, facts.usage, call.body.service_tier),
      createdAt: this.context.receivedAt,
    });
  }

  finishAbandoned(): void {
    const error = clientClosed();
    this.finish(error.status, error);
  }
}

function clientClosed(): AppError {
  return new AppError('client_closed', 'The client closed the connection.');
}
