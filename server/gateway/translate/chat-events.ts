import type { UpstreamEvent } from '../upstream-event.ts';
import { createCallReader } from './chat-call-reader.ts';
import { createMessageReader } from './chat-message-reader.ts';
import { createReasoningReader } from './chat-reasoning-reader.ts';
import type { ChatAnswerOptions, ChatSink } from './chat-sink.ts';
import { itemRef } from './event-fields.ts';
import { finishReason } from './finish-reason.ts';
import type { ItemRef } from './item-registry.ts';
import { recordOf, textOrNull } from './json-values.ts';
import { usageOf } from './usage.ts';

export interface ChatInterpreter {
  /** Takes the next event. Throws MalformedEventError when it has to be parsed and cannot be. */
  step(event: UpstreamEvent): void;
}

export interface ChatInterpreterOptions extends Pick<ChatAnswerOptions, 'toClientName' | 'customTools'> {
  sink: ChatSink;
}

/**
 * The one reading of upstream events as a chat answer; the streamed and the whole answer are two sinks of it. Every
 * piece is told once, however often the upstream says it. Failures, progress and private events say nothing here.
 */
export function createChatInterpreter(options: ChatInterpreterOptions): ChatInterpreter {
  const { sink } = options;
  const messages = createMessageReader(sink);
  const reasoning = createReasoningReader(sink);
  const calls = createCallReader(sink, options);
  let hasFinishedItems = false;
  let isFinished = false;

  function itemAdded(event: UpstreamEvent): void {
    const json = event.json();
    const item = recordOf(json['item']);
    const ref = itemRef(item['id'], json['output_index']);
    if (item['type'] === 'message') messages.added(ref);
    else if (item['type'] === 'reasoning') reasoning.added(ref);
    else if (isCall(item['type'])) calls.added(ref, item);
  }

  function itemDone(ref: ItemRef, item: Record<string, unknown>): void {
    if (item['type'] === 'message') messages.itemDone(ref, item);
    else if (item['type'] === 'reasoning') reasoning.itemDone(ref, item);
    else if (isCall(item['type'])) calls.itemDone(ref, item);
    else if (item['type'] === 'image_generation_call') giveImage(sink, item);
  }

  function finish(event: UpstreamEvent): void {
    if (isFinished) return;
    isFinished = true;
    const response = recordOf(event.json()['response']);
    const output = Array.isArray(response['output']) ? response['output'].map(recordOf) : [];
    // The items were told by events as a rule. Where they were not, what deltas already told is left out here.
    if (!hasFinishedItems) for (const [index, item] of output.entries()) itemDone(itemRef(item['id'], index), item);
    const reason = finishReason({ type: event.type, response }, calls.hasCalls());
    sink.finish(reason, usageOf(response), textOrNull(response['service_tier']));
  }

  return {
    step(event) {
      switch (event.type) {
        case 'response.output_text.delta':
          return messages.textDelta(event);
        case 'response.function_call_arguments.delta':
        case 'response.custom_tool_call_input.delta':
          return calls.argumentsDelta(event);
        case 'response.reasoning_summary_text.delta':
          return reasoning.delta(event, 'summary');
        case 'response.reasoning_text.delta':
          return reasoning.delta(event, 'content');
        case 'response.refusal.delta':
          return messages.refusalDelta(event);
        case 'response.output_text.done':
          return messages.partDone(event, 'text');
        case 'response.refusal.done':
          return messages.partDone(event, 'refusal');
        case 'response.output_text.annotation.added':
          return messages.annotationAdded(event);
        case 'response.reasoning_summary_text.done':
          return reasoning.partDone(event, 'summary');
        case 'response.reasoning_text.done':
          return reasoning.partDone(event, 'content');
        case 'response.function_call_arguments.done':
          return calls.argumentsDone(event, 'arguments');
        case 'response.custom_tool_call_input.done':
          return calls.argumentsDone(event, 'input');
        case 'response.output_item.added':
          return itemAdded(event);
        case 'response.output_item.done': {
          hasFinishedItems = true;
          const json = event.json();
          const item = recordOf(json['item']);
          return itemDone(itemRef(item['id'], json['output_index']), item);
        }
        case 'response.completed':
        case 'response.incomplete':
          return finish(event);
      }
    },
  };
}

function isCall(type: unknown): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

/** @param item a finished `image_generation_call`: `result` is the picture in base64 */
function giveImage(sink: ChatSink, item: Record<string, unknown>): void {
  const result = textOrNull(item['result']);
  if (result !== null) sink.image(`data:image/${textOrNull(item['output_format']) ?? 'png'};base64,${result}`);
}
