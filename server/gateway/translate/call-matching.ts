import { createHash } from 'node:crypto';

export type CallKind = 'function_call' | 'custom_tool_call';

export interface Call {
  /** The id to send: at most 64 characters of `[A-Za-z0-9_-]`, unique within the request. */
  callId: string;
  kind: CallKind;
}

/**
 * Matches the calls of a chat history with their outputs, in the order of the messages. The upstream wants exactly
 * one output for each call; histories that were cut, edited or merged by a client break that.
 */
export interface CallMatching {
  /** A call the assistant made. An id seen before gets an id of its own: some servers number calls anew each turn. */
  call(id: string, kind: CallKind): Call;
  /** The oldest call with this id that waits for its output, or undefined when the output belongs to none. */
  answer(id: string): Call | undefined;
  /** The ids, as sent, of the calls that still wait. */
  unanswered(): ReadonlySet<string>;
}

export function createCallMatching(): CallMatching {
  const seen = new Map<string, number>();
  const waiting = new Map<string, Call[]>();
  return {
    call(id, kind) {
      const count = seen.get(id) ?? 0;
      seen.set(id, count + 1);
      const call = { callId: count === 0 ? wireCallId(id) : hashedId(`${count} ${id}`), kind };
      const queue = waiting.get(id);
      if (queue) queue.push(call);
      else waiting.set(id, [call]);
      return call;
    },
    answer(id) {
      return waiting.get(id)?.shift();
    },
    unanswered() {
      return new Set([...waiting.values()].flat().map((call) => call.callId));
    },
  };
}

/** `id` if the upstream takes it, else one made from it: the same for every request, so that prompt caches hold. */
function wireCallId(id: string): string {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : hashedId(id);
}

function hashedId(text: string): string {
  return `call_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
}
