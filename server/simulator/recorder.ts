import type { Clock } from '../core/clock.ts';
import type { Endpoint } from './script.ts';

/** One call the simulator received, kept for whoever wants to look at it. */
export interface RecordedRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Name of the account whose token was used, when it was a known one. */
  account: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The decoded JSON or form; null when there was none or it could not be read. */
  body: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Status of the answer; 0 until there is one. */
  status: number;
  /** The client closed the connection before the answer was through. */
  aborted: boolean;
  /** The simulator has sent all it was going to send, deliberate breaks included. */
  finished: boolean;
}

/** Keeps the recent calls and wakes those who wait for something to happen. */
export interface Recorder {
  readonly requests: RecordedRequest[];
  add(request: Pick<RecordedRequest, 'endpoint' | 'method' | 'path' | 'headers'>): RecordedRequest;
  /** Something changed: conditions are looked at again. */
  notify(): void;
  waitFor(condition: () => boolean, what?: string, timeoutMs?: number): Promise<void>;
}

/** A demo or a bench runs for long: only the recent calls are kept, the oldest go in blocks. */
const mostKept = 6_000;
const dropAtOnce = 1_000;

export function createRecorder(clock: Clock): Recorder {
  const requests: RecordedRequest[] = [];
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const look of waiting) look();
  };
  return {
    requests,
    notify,
    add(request) {
      const recorded: RecordedRequest = {
        ...request,
        account: undefined,
        body: null,
        at: clock.now(),
        status: 0,
        aborted: false,
        finished: false,
      };
      if (requests.length >= mostKept) requests.splice(0, dropAtOnce);
      requests.push(recorded);
      notify();
      return recorded;
    },
    waitFor(condition, what = 'the condition', timeoutMs = 5_000) {
      return new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(deadline);
          clearInterval(poll);
          waiting.delete(look);
        };
        const look = () => {
          try {
            if (!condition()) return;
            stop();
            resolve();
          } catch (error) {
            stop();
            reject(error);
          }
        };
        const deadline = setTimeout(() => {
          stop();
          reject(new Error(`The simulator waited ${timeoutMs} ms in vain for ${what}.`));
        }, timeoutMs);
        // Conditions may also read what lies outside the simulator, of which nothing tells it.
        const poll = setInterval(look, 10);
        waiting.add(look);
        look();
      });
    },
  };
}
