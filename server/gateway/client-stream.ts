import { AppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Ticker, TickListener } from '../core/ticker.ts';
import { toBytes } from '../sse/event.ts';
import { classify } from '../upstream/classify.ts';
import type { AnswerWriter } from './answer.ts';
import type { EventBatch, EventSource } from './event-source.ts';
import { type OpenAnswer, toFailure } from './open-attempt.ts';
import type { RequestRun } from './request-run.ts';
import { roleOf } from './upstream-event.ts';

export interface ClientStreamDeps {
  ticker: Ticker;
  keepAliveMs: number;
  now: () => number;
  log: Log;
  /** Called once when the answer is complete, before its last bytes go out. */
  onComplete: () => void;
}

/**
 * The body of a streamed answer. Pulled by the client, so that a slow reader slows the upstream and not our memory.
 * It may begin before the upstream has answered: then keep-alives go out until it does, and a failure becomes an error
 * event instead of a status. Ends in exactly one of: the terminal event and what closes the stream; an error event;
 * the client's leaving.
 */
export class ClientStream implements UnderlyingDefaultSource<Uint8Array>, TickListener {
  readonly #deps: ClientStreamDeps;
  readonly #run: RequestRun;
  readonly #opening: Promise<OpenAnswer>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #held: EventBatch[] = [];
  #source: EventSource | undefined;
  #isPulling = false;
  #sentAt: number;
  #madeWriter: AnswerWriter | undefined;
  #isOver = false;

  constructor(deps: ClientStreamDeps, run: RequestRun, opening: Promise<OpenAnswer>) {
    this.#deps = deps;
    this.#run = run;
    this.#opening = opening;
    deps.ticker.add(this);
    this.#sentAt = deps.ticker.now;
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | void {
    this.#controller = controller;
    this.#isPulling = true;
    if (this.#source) return this.#next(this.#source, controller);
    return this.#opening.then(
      ({ held, source }) => {
        this.#held = held;
        this.#source = source;
        return this.#next(source, controller);
      },
      (error: unknown) => this.#fail(error, controller),
    );
  }

  /** Forwards what was held back, then reads on until the client has something. One promise per read, no more. */
  #next(source: EventSource, controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | void {
    for (let batch = this.#held.shift(); batch; batch = this.#held.shift()) {
      if (this.#deliver(batch, controller)) return;
    }
    return source.next<void>(
      (batch) => {
        if (!this.#deliver(batch, controller)) return this.#next(source, controller);
      },
      (error) => this.#fail(error, controller),
    );
  }

  /** Passes on what one read brought; false when nothing of it was for the client. */
  #deliver(batch: EventBatch | undefined, controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    if (this.#isOver) return true;
    try {
      if (!batch) throw new AppError('upstream_incomplete', 'The upstream ended the answer before it was complete.');
      if (!this.#forward(batch, controller)) return false;
      this.#isPulling = false;
    } catch (error) {
      this.#fail(error, controller);
    }
    return true;
  }

  /** The client has left. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    this.#source?.cancel();
    this.#run.finishAbandoned();
    this.#run.abort(new AppError('client_closed', 'The client closed the connection.'));
  }

  /** Made at the first event: only then is it known whose answer is written. */
  get #writer(): AnswerWriter {
    this.#madeWriter ??= this.#run.call.createWriter(this.#run.facts);
    return this.#madeWriter;
  }

  /** Keeps a quiet connection alive, but only one that waits to read: a stalled reader gets nothing piled up. */
  tick(now: number): void {
    if (!this.#isPulling || now - this.#sentAt < this.#deps.keepAliveMs) return;
    this.#sentAt = now;
    this.#controller?.enqueue(toBytes(this.#run.call.keepAlive));
  }

  /** Passes one batch on; true when the client got something (or the stream is over). */
  #forward(batch: EventBatch, controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    const { events } = batch;
    const writer = this.#writer;
    const { facts } = this.#run;
    // A read of comments alone is not passed on: it would pass for a sign of life that some clients do not count.
    let isVerbatim = batch.bytes !== null && events.length > 0;
    for (let index = 0; isVerbatim && index < events.length; index += 1) {
      const event = events[index];
      isVerbatim = event !== undefined && writer.isVerbatim(event);
    }
    let text = '';
    for (const event of events) {
      facts.observe(event);
      const role = roleOf(event);
      if (role === 'failure') {
        const { error, code } = this.#judge({ event: event.json() });
        // A client that knows the event gets it; the others get the error in their own shape.
        text += writer.write(event) || writer.fail(error);
        this.#finish(text, controller, error, code);
        return true;
      }
      const written = writer.write(event);
      if (role === 'terminal') {
        this.#deps.onComplete();
        this.#finish(text + written + writer.end(), controller);
        return true;
      }
      text += written;
    }
    if (isVerbatim && batch.bytes) this.#send(batch.bytes, controller);
    else if (text !== '') this.#send(toBytes(text), controller);
    else return false;
    return true;
  }

  #send(bytes: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#run.noteFirstByte();
    this.#sentAt = this.#deps.ticker.now;
    controller.enqueue(bytes);
  }

  #finish(
    text: string,
    controller: ReadableStreamDefaultController<Uint8Array>,
    error?: AppError,
    code?: string,
  ): void {
    if (text !== '') this.#send(toBytes(text), controller);
    this.#end();
    this.#source?.drain();
    this.#run.finish(200, error, code);
    controller.close();
  }

  #fail(thrown: unknown, controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#isOver) return;
    this.#isPulling = false;
    this.#source?.cancel();
    let error: AppError;
    let code: string | undefined;
    try {
      ({ error, code } =
        thrown instanceof AppError ? { error: thrown, code: undefined } : this.#judge(toFailure(thrown)));
    } catch (unexpected) {
      this.#deps.log.error({ err: unexpected, requestId: this.#run.context.requestId }, 'A stream failed unexpectedly');
      error = new AppError('internal_error', 'The gateway failed while passing the answer on.');
    }
    this.#finish(this.#writer.fail(error), controller, error, code);
  }

  /** A failure after output: nothing is replayed, but the account may have to rest. */
  #judge(failure: Parameters<typeof classify>[0] | { event: unknown }): { error: AppError; code: string } {
    const { call, lease } = this.#run;
    const verdict = classify(
      { phase: 'stream', ...failure },
      { model: call.model.asked, nowMs: this.#deps.now(), hasOwnProxy: lease?.account.proxyUrl !== null },
    );
    lease?.release(verdict.effect, false);
    return verdict;
  }

  #end(): void {
    this.#isOver = true;
    this.#deps.ticker.delete(this);
  }
}
