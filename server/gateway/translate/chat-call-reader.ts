import type { UpstreamEvent } from '../upstream-event.ts';
import type { ChatAnswerOptions, ChatSink } from './chat-sink.ts';
import { deltaOf, stateOf } from './event-fields.ts';
import { createItemRegistry, type ItemRef } from './item-registry.ts';
import { textOrNull } from './json-values.ts';
import { rawOf } from './raw-json.ts';

interface CallState {
  /** The call's index at the client; undefined until it was announced there. */
  index: number | undefined;
  hasArguments: boolean;
  /** Raw arguments that came before the call was announced. */
  early: string;
}

type CallNames = Pick<ChatAnswerOptions, 'toClientName' | 'customTools'>;

/**
 * The answer's tool calls. The client gets each call once and its arguments once: as deltas, else from their `done`
 * event, else from the finished item.
 */
export function createCallReader(sink: Pick<ChatSink, 'toolCall' | 'toolArguments'>, names: CallNames) {
  const calls = createItemRegistry<CallState>(() => ({ index: undefined, hasArguments: false, early: '' }));
  let count = 0;

  /** Tells the client of the call unless it knows; an item without a name or an id waits until it is finished. */
  function announce(call: CallState, item: Record<string, unknown>): void {
    const id = textOrNull(item['call_id']) ?? textOrNull(item['id']);
    const upstreamName = textOrNull(item['name']);
    if (call.index !== undefined || id === null || upstreamName === null) return;
    call.index = count;
    count += 1;
    const name = names.toClientName(upstreamName);
    const isCustom = item['type'] === 'custom_tool_call' && names.customTools.has(name);
    sink.toolCall({ index: call.index, id, name, kind: isCustom ? 'custom' : 'function' });
  }

  function give(call: CallState, raw: string): void {
    if (call.index === undefined || raw === '') return;
    call.hasArguments = true;
    sink.toolArguments(call.index, raw);
  }

  return {
    hasCalls: (): boolean => count > 0,

    added(ref: ItemRef, item: Record<string, unknown>): void {
      const call = calls.open(ref);
      announce(call, item);
      give(call, call.early);
      call.early = '';
    },

    argumentsDelta(event: UpstreamEvent): void {
      const raw = deltaOf(event);
      const call = stateOf(calls, event);
      if (call.index === undefined) call.early += raw;
      else give(call, raw);
    },

    /** `response.function_call_arguments.done` or `response.custom_tool_call_input.done` */
    argumentsDone(event: UpstreamEvent, field: 'arguments' | 'input'): void {
      const call = stateOf(calls, event);
      if (!call.hasArguments) give(call, rawOf(textOfArguments(event.json()[field])));
    },

    itemDone(ref: ItemRef, item: Record<string, unknown>): void {
      const call = calls.close(ref);
      announce(call, item);
      if (call.hasArguments) return;
      const isFunction = item['type'] === 'function_call';
      const whole = rawOf(textOfArguments(item[isFunction ? 'arguments' : 'input'])) || call.early;
      // Clients parse the arguments of a function, also of one that takes none.
      give(call, isFunction && whole === '' ? '{}' : whole);
    },
  };
}

/** Arguments are JSON in a text; some servers send the value itself. */
function textOfArguments(value: unknown): string {
  if (typeof value === 'string') return value;
  return value == null ? '' : JSON.stringify(value);
}
