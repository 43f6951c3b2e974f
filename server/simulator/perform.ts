import type { ServerResponse } from 'node:http';
import { sleep } from '../core/clock.ts';
import type { Answer, PlainAnswer, StreamAnswer } from './answer.ts';
import type { StreamEvent } from './answer-events.ts';
import { frameOf } from './answer-stream.ts';
import { isObject, type JsonObject } from './json.ts';
import { finish, play, reset } from './play.ts';
import type { Reply, ScriptedPiece } from './script.ts';

/** The beginning of an event that never gets its end. */
const halfEvent = Buffer.from(
  'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","content_in',
);
const nothing = new Uint8Array();

/** Sends an ordinary answer. Resolves when all is sent or the client has gone. */
export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  if (answer.kind === 'plain') return sendPlain(response, answer.status, answer.headers ?? {}, answer.body);
  response.writeHead(200, { ...streamHeaders, ...answer.headers });
  await play(response, answer.pieces, { delayMs: answer.delayMs, wait: undefined, ending: 'end', cutTail: nothing });
}

/**
 * Does what a script says instead of, or with, the ordinary answer. `ordinary` is called only for replies that use
 * it, since it has effects. `headers` stand on every answer the backend gives to this call.
 */
export async function perform(
  response: ServerResponse,
  reply: Reply,
  ordinary: () => Answer,
  headers: Record<string, string>,
): Promise<void> {
  switch (reply.kind) {
    case 'silence':
      return;
    case 'reset':
      return reset(response);
    case 'fixed':
      return sendPlain(response, reply.status, { ...headers, ...reply.headers }, reply.body);
    case 'stream': {
      response.writeHead(200, { ...streamHeaders, ...headers, ...reply.headers });
      const pieces = reply.chunks ?? framed(reply.events ?? [], 0, undefined);
      return play(response, pieces, {
        delayMs: reply.delayMs ?? 0,
        wait: reply.wait,
        ending: reply.ending ?? 'end',
        // Whoever gives exact bytes cuts exactly there.
        cutTail: reply.chunks ? nothing : halfEvent,
      });
    }
    case 'answer': {
      const answer = ordinary();
      return answer.kind === 'stream' ? alterStream(response, answer, reply) : alterPlain(response, answer, reply);
    }
  }
}

type AlteredReply = Extract<Reply, { kind: 'answer' }>;

async function alterStream(response: ServerResponse, answer: StreamAnswer, reply: AlteredReply): Promise<void> {
  response.writeHead(200, { ...streamHeaders, ...answer.headers, ...reply.headers });
  const keep = reply.keep ?? Number.POSITIVE_INFINITY;
  const pieces = function* () {
    let sent = 0;
    for (const piece of answer.pieces) {
      if (sent >= keep) break;
      yield piece;
      sent += 1;
    }
    yield* framed(reply.events ?? [], sent, answer.initial);
  };
  await play(response, pieces(), {
    delayMs: reply.delayMs ?? answer.delayMs,
    wait: reply.wait,
    ending: reply.ending ?? 'end',
    cutTail: halfEvent,
  });
}

async function alterPlain(response: ServerResponse, answer: PlainAnswer, reply: AlteredReply): Promise<void> {
  if (reply.delayMs !== undefined) await sleep(reply.delayMs);
  await reply.wait?.(0);
  if (response.destroyed) return;
  const headers = { ...answer.headers, ...reply.headers };
  const ending = reply.ending ?? 'end';
  if (ending === 'end') return sendPlain(response, answer.status, headers, answer.body);
  if (ending === 'reset') return reset(response);
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
  response.write(text.slice(0, text.length / 2));
  await finish(response, ending, nothing);
}

const streamHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

function sendPlain(response: ServerResponse, status: number, headers: Record<string, string>, body: unknown): void {
  const bytes = bytesOfBody(body);
  response.writeHead(status, { 'content-type': typeOfBody(body), 'content-length': String(bytes.length), ...headers });
  response.end(bytes);
}

function bytesOfBody(body: unknown): Uint8Array {
  if (body === undefined) return nothing;
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function typeOfBody(body: unknown): string {
  if (typeof body === 'string')
    return body.trimStart().startsWith('<') ? 'text/html; charset=UTF-8' : 'text/plain; charset=utf-8';
  return body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
}

/** Scripted pieces as bytes; event objects are numbered from `sequence` on and completed with `initial`. */
function* framed(
  pieces: readonly ScriptedPiece[],
  sequence: number,
  initial: JsonObject | undefined,
): Generator<Uint8Array> {
  for (const [index, piece] of pieces.entries()) {
    if (piece instanceof Uint8Array) yield piece;
    else if (typeof piece === 'string') yield Buffer.from(piece);
    else yield frameOf(completed(piece, initial), sequence + index);
  }
}

function completed(event: StreamEvent, initial: JsonObject | undefined): StreamEvent {
  return initial && isObject(event['response']) ? { ...event, response: { ...initial, ...event['response'] } } : event;
}
