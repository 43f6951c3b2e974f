import type { ServerResponse } from 'node:http';
import type { Ending, WaitHook } from './script.ts';

export interface PlayOptions {
  /** Time between pieces; 0 sends as fast as the reader takes them. */
  delayMs: number;
  wait: WaitHook | undefined;
  ending: Ending;
  /** What a cut leaves half sent: the beginning of a further event. Empty cuts between pieces. */
  cutTail: Uint8Array;
}

/**
 * Writes the pieces, one write each, never ahead of what the reader takes, then ends as told. Resolves when nothing
 * more will be sent: at the end, at a stall, or as soon as the reader has gone.
 */
export async function play(
  response: ServerResponse,
  pieces: Iterable<Uint8Array>,
  options: PlayOptions,
): Promise<void> {
  const { delayMs, wait } = options;
  const pacer = delayMs > 0 ? createPacer(response, delayMs) : undefined;
  try {
    let index = 0;
    // Otherwise the headers go out with the first piece, in one write.
    if (wait) response.flushHeaders();
    for (const piece of pieces) {
      if (pacer && index > 0) await pacer.next();
      if (wait) await wait(index);
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
      if (response.destroyed) return;
      index += 1;
    }
    if (wait) await wait(index);
    if (index === 0) response.flushHeaders();
    if (!response.destroyed) await finish(response, options.ending, options.cutTail);
  } finally {
    pacer?.stop();
  }
}

/** Ends an answer whose headers are out. */
export async function finish(response: ServerResponse, ending: Ending, cutTail: Uint8Array): Promise<void> {
  if (ending === 'end') response.end();
  if (ending === 'cut') {
    if (cutTail.length > 0) response.write(cutTail);
    await afterWrites();
    broken.add(response);
    response.socket?.destroy();
  }
  if (ending === 'reset') {
    await afterWrites();
    reset(response);
  }
}

/** Breaks the connection with a TCP reset. */
export function reset(response: ServerResponse): void {
  broken.add(response);
  response.socket?.resetAndDestroy();
}

const broken = new WeakSet<ServerResponse>();

/** Whether this connection was broken on purpose, and not by a client that left. */
export function wasBroken(response: ServerResponse): boolean {
  return broken.has(response);
}

/** What was written before a break must reach the reader, or the break would come too early. */
function afterWrites(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the reader has caught up, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** One timer for a whole stream: `next` resolves at its next tick, or when the reader has gone. */
function createPacer(response: ServerResponse, delayMs: number): { next(): Promise<void>; stop(): void } {
  let release: (() => void) | undefined;
  const tick = () => {
    release?.();
    release = undefined;
  };
  const timer = setInterval(tick, delayMs);
  response.on('close', tick);
  return {
    next: () =>
      new Promise((resolve) => {
        if (response.destroyed) resolve();
        else release = resolve;
      }),
    stop() {
      clearInterval(timer);
      response.off('close', tick);
    },
  };
}
