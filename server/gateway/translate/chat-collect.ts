import type { AnswerCollector } from '../answer.ts';
import { createChatInterpreter } from './chat-events.ts';
import type { ChatAnnotation, ChatAnswerOptions, ChatCall, ChatSink } from './chat-sink.ts';
import { type ChatUsage, chatUsage } from './chat-usage.ts';
import { type ClientFinishReason, clientFinishReason } from './finish-reason.ts';
import { textOfRaw } from './raw-json.ts';

/**
 * Folds an answer into a `chat.completion`. `result` throws when no terminal event was added: a cut answer is never a
 * whole one.
 */
export function createChatCollector(options: ChatAnswerOptions): AnswerCollector {
  const { legacyFunctions } = options;
  /** Raw texts: pieces may end inside a character, so that only the whole is decoded. */
  let text = '';
  let refusal = '';
  let reasoning = '';
  const calls: { call: ChatCall; raw: string }[] = [];
  const annotations: ChatAnnotation[] = [];
  const images: { type: 'image_url'; image_url: { url: string } }[] = [];
  let end: { reason: ClientFinishReason; usage: ChatUsage | null; serviceTier: string | null } | undefined;

  const sink: ChatSink = {
    text: (raw) => void (text += raw),
    refusal: (raw) => void (refusal += raw),
    reasoning: (raw) => void (reasoning += raw),
    toolCall: (call) => void calls.push({ call, raw: '' }),
    toolArguments(index, raw) {
      const entry = calls[index];
      if (entry) entry.raw += raw;
    },
    annotation: (annotation) => void annotations.push(annotation),
    image: (url) => void images.push({ type: 'image_url', image_url: { url } }),
    finish(reason, usage, serviceTier) {
      end = { reason: clientFinishReason(reason, legacyFunctions), usage: chatUsage(usage), serviceTier };
    },
  };
  const interpreter = createChatInterpreter({ ...options, sink });

  function message(): Record<string, unknown> {
    const hasOther = calls.length > 0 || refusal !== '';
    const first = calls[0];
    return {
      role: 'assistant',
      content: text === '' && hasOther ? null : textOfRaw(text),
      refusal: refusal === '' ? null : textOfRaw(refusal),
      ...(annotations.length > 0 && { annotations }),
      ...(reasoning !== '' && { reasoning_content: textOfRaw(reasoning) }),
      ...(first && !legacyFunctions && { tool_calls: calls.map(({ call, raw }) => toolCall(call, raw)) }),
      ...(first && legacyFunctions && { function_call: { name: first.call.name, arguments: textOfRaw(first.raw) } }),
      ...(images.length > 0 && { images }),
    };
  }

  return {
    add: (event) => interpreter.step(event),
    result() {
      if (!end) throw new Error('The answer was asked for before its terminal event');
      return {
        id: options.id,
        object: 'chat.completion',
        created: options.created,
        model: options.model,
        choices: [{ index: 0, message: message(), logprobs: null, finish_reason: end.reason }],
        ...(end.usage && { usage: end.usage }),
        ...(end.serviceTier !== null && { service_tier: end.serviceTier }),
      };
    },
  };
}

function toolCall({ id, name, kind }: ChatCall, raw: string): Record<string, unknown> {
  const payload = textOfRaw(raw);
  if (kind === 'custom') return { id, type: 'custom', custom: { name, input: payload } };
  return { id, type: 'function', function: { name, arguments: payload } };
}
