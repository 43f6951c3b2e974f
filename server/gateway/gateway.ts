import { windowsFromEvent } from '../accounts/quota-payload.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { elapsed, type Ticker } from '../core/ticker.ts';
import { codexAnswerHeaders } from '../upstream/headers.ts';
import { readText, type UpstreamReply } from '../upstream/client.ts';
import type { Failure } from '../upstream/failure.ts';
import type { Recorder } from '../usage/recorder.ts';
import type { AnswerCollector } from './answer.ts';
import type { AnswerCall, CallContext } from './call.ts';
import { ClientStream } from './client-stream.ts';
import { createEventSource, nextBatch } from './event-source.ts';
import { type OpenAnswer, openAnswer, toFailure } from './open-attempt.ts';
import { RequestRun } from './request-run.ts';
import { type RunDeps, runAttempts } from './run.ts';
import { roleOf } from './upstream-event.ts';

export interface GatewayDeps extends RunDeps {
  recorder: Recorder;
  ticker: Ticker;
  keepAliveMs: number;
  clock: Clock;
  log: Log;
}

/** What a client gets: a stream of server-sent events, or one JSON document. */
export type Answer =
  | { headers: Record<string, string>; stream: ReadableStream<Uint8Array> }
  | { headers: Record<string, string>; json: unknown };

export interface Gateway {
  /** Answers one request. Throws AppError; whatever happens is recorded once. */
  answer(call: AnswerCall, context: CallContext): Promise<Answer>;
  /** Requests that have not ended yet. */
  readonly running: number;
  /** Ends every running request with this error: as a status, or as an event in a stream that has begun. */
  cut(error: AppError): void;
}

export function createGateway(deps: GatewayDeps): Gateway {
  const running = new Set<RequestRun>();

  function start(call: AnswerCall, context: CallContext): RequestRun {
    const run = new RequestRun(call, context, (record) => {
      running.delete(run);
      deps.recorder.record(record);
    });
    running.add(run);
    return run;
  }

  /** Ends the run of a request that failed before anything was sent, and gives the error its client gets. */
  function failed(run: RequestRun, thrown: unknown): AppError {
    if (thrown instanceof AppError) {
      run.finish(thrown.status, thrown);
      return thrown;
    }
    deps.log.error({ err: thrown, requestId: run.context.requestId }, 'A request failed unexpectedly');
    const error = new AppError(
      'internal_error',
      'The gateway failed. The operator finds the details under the request id.',
    );
    run.finish(error.status, error);
    // The answer of the upstream may be there, with nobody left to read it.
    run.abort(error);
    return error;
  }

  function complete(run: RequestRun): void {
    const { facts, call, lease } = run;
    if (!lease) return;
    // A chat client never sees encrypted content, so it never sends it back.
    const canReplay = call.endpoint !== '/v1/chat/completions';
    for (const content of canReplay ? facts.encryptedContents : [])
      deps.bindings.remember('encrypted', content, lease.account.id);
    if (facts.turnState !== null && call.codexHeaders)
      deps.bindings.remember('turn-state', facts.turnState, lease.account.id);
    if (facts.rateLimits) deps.quota.apply(lease.account.id, windowsFromEvent(facts.rateLimits, deps.clock.now()));
    call.onComplete(facts, lease.account.id);
  }

  async function answerStreamed(call: AnswerCall, context: CallContext): Promise<Answer> {
    const run = start(call, context);
    const opening = runAttempts<OpenAnswer>(deps, run, async (reply) => {
      const opened = await openAnswer(reply);
      return 'answer' in opened ? { result: opened.answer } : opened;
    });

    // After a quiet while the status goes out, so that keep-alives can follow; until then a failure is a clean status.
    const quiet = elapsed(deps.ticker, deps.keepAliveMs);
    const opened = await Promise.race([
      opening.then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      ),
      quiet.promise.then(() => ({ isQuiet: true }) as const),
    ]);
    quiet.cancel();
    if ('error' in opened) throw failed(run, opened.error);

    const stream = new ClientStream(
      {
        ticker: deps.ticker,
        keepAliveMs: deps.keepAliveMs,
        now: () => deps.clock.now(),
        log: deps.log,
        onComplete: () => complete(run),
      },
      run,
      opening,
    );
    const headers =
      call.codexHeaders && 'answer' in opened ? codexAnswerHeaders(opened.answer.headers, call.model.asked) : {};
    return { headers, stream: new ReadableStream(stream, { highWaterMark: 0 }) };
  }

  async function answerWhole(call: AnswerCall, context: CallContext): Promise<Answer> {
    const run = start(call, context);
    try {
      const { collector, headers } = await runAttempts(deps, run, (reply) => readWhole(run, reply));
      complete(run);
      const json = collector.result();
      run.noteFirstByte();
      run.finish(200);
      return { headers: call.codexHeaders ? codexAnswerHeaders(headers, call.model.asked) : {}, json };
    } catch (error) {
      throw failed(run, error);
    }
  }

  async function answerCompact(call: AnswerCall, context: CallContext): Promise<Answer> {
    const run = start(call, context);
    try {
      const json = await runAttempts(deps, run, async (reply) => {
        const text = await readText(reply.body, 64 * 1024 * 1024);
        const result = parseObject(text);
        return result ? { result } : { failure: { phase: 'stream', network: 'malformed' } satisfies Failure };
      });
      run.finish(200);
      return { headers: {}, json };
    } catch (error) {
      throw failed(run, error);
    }
  }

  return {
    answer(call, context) {
      if (call.endpoint === '/v1/responses/compact') return answerCompact(call, context);
      return call.wantsStream ? answerStreamed(call, context) : answerWhole(call, context);
    },
    get running() {
      return running.size;
    },
    cut(error) {
      for (const run of running) run.abort(error);
    },
  };
}

/** Reads an answer to its end. Nothing has been forwarded, so a failure at any point may be tried elsewhere. */
async function readWhole(
  run: RequestRun,
  reply: UpstreamReply,
): Promise<{ result: { collector: AnswerCollector; headers: Headers } } | { failure: Failure }> {
  const collector = run.call.createCollector();
  const source = createEventSource(reply.body);
  try {
    for (;;) {
      const batch = await nextBatch(source);
      if (!batch) return { failure: { phase: 'stream', network: 'ended' } };
      for (const event of batch.events) {
        run.facts.observe(event);
        const role = roleOf(event);
        if (role === 'failure') {
          source.cancel();
          return { failure: { phase: 'stream', headers: reply.headers, event: event.json() } };
        }
        collector.add(event);
        if (role !== 'terminal') continue;
        source.drain();
        return { result: { collector, headers: reply.headers } };
      }
    }
  } catch (error) {
    source.cancel();
    return { failure: toFailure(error) };
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
