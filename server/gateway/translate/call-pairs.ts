import { createHash } from 'node:crypto';

export type CallKind = 'function_call' | 'custom_tool_call';

/** A call as it goes upstream. */
export interface Call {
  callId: string;
  kind: CallKind;
}

/** Matches the outputs of a history to its calls, in the order the history is read. */
export interface CallPairs {
  /** Registers a call under the client's `id` and gives it a call id the upstream takes and no other call has. */
  call(id: string, kind: CallKind): Call;
  /** The oldest call of that `id` that has no output yet; undefined when there is none (left). */
  answer(id: string): Call | undefined;
  /** Call ids that got no output. */
  unanswered(): ReadonlySet<string>;
}

/**
 * Some clients number the calls of each turn anew, so an id may come again: each use is a call of its own. Ids the
 * upstream refuses (over 64 characters, or others than letters, digits, `_` and `-`) and repeated ones are replaced
 * by a hash, the same each time the history is sent.
 */
export function createCallPairs(): CallPairs {
  const open = new Map<string, Call[]>();
  const uses = new Map<string, number>();
  const taken = new Set<string>();

  return {
    call(id, kind) {
      const use = uses.get(id) ?? 0;
      uses.set(id, use + 1);
      let callId = /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : hashed(id, use);
      for (let salt = use; taken.has(callId); salt += 1) callId = hashed(id, salt);
      taken.add(callId);
      const call: Call = { callId, kind };
      open.set(id, [...(open.get(id) ?? []), call]);
      return call;
    },
    answer: (id) => open.get(id)?.shift(),
    unanswered: () => new Set([...open.values()].flat().map(({ callId }) => callId)),
  };
}

function hashed(id: string, salt: number): string {
  const digest = createHash('sha256').update(`${salt} ${id}`).digest('hex');
  return `call_${digest.slice(0, 40)}`;
}
