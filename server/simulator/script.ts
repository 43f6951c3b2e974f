import type { FaultName } from './faults.ts';

/** The surfaces of the backend that can be scripted and are recorded. */
export type Endpoint =
  | 'responses'
  | 'compact'
  | 'models'
  | 'usage'
  | 'accounts-check'
  | 'authorize'
  | 'token'
  | 'revoke'
  | 'device-usercode'
  | 'device-token'
  | 'unknown';

/**
 * How an answer ends. `end`: properly. `cut`: in the middle of an event, without the last chunk. `reset`: after the
 * last event, with a TCP reset. `stall`: never; the connection stays open and silent.
 */
export type Ending = 'end' | 'cut' | 'reset' | 'stall';

/** Awaited before piece `index` (0-based) is sent; the test decides when to go on. */
export type WaitHook = (index: number) => Promise<void> | void;

/** An event object gets its `sequence_number` and framing here; text and bytes are written as they are. */
export type ScriptedPiece = { type: string; [field: string]: unknown } | string | Uint8Array;

export type Reply =
  /** A plain answer. An object body is sent as JSON, a text as HTML when it starts with `<`. */
  | {
      kind: 'fixed';
      status: number;
      headers?: Record<string, string> | undefined;
      body?: unknown;
    }
  /** A 200 stream of exactly these pieces. `chunks` are written one by one, byte for byte, instead of `events`. */
  | {
      kind: 'stream';
      headers?: Record<string, string> | undefined;
      events?: readonly ScriptedPiece[] | undefined;
      chunks?: readonly Uint8Array[] | undefined;
      delayMs?: number | undefined;
      wait?: WaitHook | undefined;
      ending?: Ending | undefined;
    }
  /**
   * The ordinary answer, altered. For streams: `keep` its first events only, then send `events` (a `response` member
   * is laid over the answer's own response object), then end as told. For other answers `wait` holds the answer back
   * after its effects (a rotated refresh token stays rotated) and `ending` loses or breaks it.
   */
  | {
      kind: 'answer';
      headers?: Record<string, string> | undefined;
      keep?: number | undefined;
      events?: readonly ScriptedPiece[] | undefined;
      delayMs?: number | undefined;
      wait?: WaitHook | undefined;
      ending?: Ending | undefined;
    }
  /** The request is taken and nothing ever comes back. */
  | { kind: 'silence' }
  /** A TCP reset before any header. */
  | { kind: 'reset' };

/** What to do with the next matching calls. */
export interface Script {
  /** Default `responses`. */
  endpoint?: Endpoint | undefined;
  /** Name of the account the call must come from; default any. */
  account?: string | undefined;
  /** How many calls; default 1. `Infinity` until the scripts are cleared. */
  times?: number | undefined;
  /** The reply, or the name of a ready-made fault. */
  reply: Reply | FaultName;
}

/** The scripts that wait for their calls. */
export interface ScriptQueue {
  push(step: Script | readonly Script[]): void;
  /** The reply of the first waiting script that fits, which is used up by one call. */
  take(endpoint: Endpoint, account: string | undefined): Reply | FaultName | undefined;
  clear(): void;
  readonly size: number;
}

export function createScriptQueue(): ScriptQueue {
  let waiting: { script: Script; left: number }[] = [];
  return {
    push(step) {
      const scripts = 'reply' in step ? [step] : step;
      waiting.push(...scripts.map((script) => ({ script, left: script.times ?? 1 })));
    },
    take(endpoint, account) {
      const entry = waiting.find(
        ({ script }) =>
          (script.endpoint ?? 'responses') === endpoint && (script.account === undefined || script.account === account),
      );
      if (!entry) return undefined;
      entry.left -= 1;
      if (entry.left <= 0) waiting = waiting.filter((other) => other !== entry);
      return entry.script.reply;
    },
    clear() {
      waiting = [];
    },
    get size() {
      return waiting.length;
    },
  };
}
