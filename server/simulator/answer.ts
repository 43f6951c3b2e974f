import type { JsonObject } from './json.ts';
import type { Rejection } from './rejection.ts';

/** An answer with a JSON body (or none). */
export interface PlainAnswer extends Rejection {
  kind: 'plain';
}

/** A streamed answer. */
export interface StreamAnswer {
  kind: 'stream';
  headers: Record<string, string>;
  /** The `response` object of its first event. */
  initial: JsonObject;
  pieces: Iterable<Uint8Array>;
  /** Time between pieces. */
  delayMs: number;
}

export type Answer = PlainAnswer | StreamAnswer;

export function plain(body: unknown, status = 200, headers: Record<string, string> = {}): PlainAnswer {
  return { kind: 'plain', status, body, headers };
}

export function refused(rejection: Rejection): PlainAnswer {
  return { kind: 'plain', ...rejection };
}
