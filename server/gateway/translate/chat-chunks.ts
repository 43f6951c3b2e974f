import { jsonBytes } from '../../sse/event.ts';
import type { AnswerWriter } from '../answer.ts';
import { createChatInterpreter } from './chat-events.ts';
import type { ChatAnswerOptions, ChatSink } from './chat-sink.ts';
import { type ChatUsage, chatUsage } from './chat-usage.ts';
import { clientFinishReason } from './finish-reason.ts';

export interface ChatWriterOptions extends ChatAnswerOptions {
  /** `stream_options.include_usage`: a last chunk with the usage, and `usage: null` in all others. */
  includeUsage: boolean;
}

/**
 * Writes an answer as `chat.completion.chunk` events. The first chunk carries the role beside the first output. A text
 * delta costs three concatenations: it goes, still escaped, between two halves of a chunk made beforehand.
 */
export function createChatWriter(options: ChatWriterOptions): AnswerWriter {
  const { legacyFunctions, includeUsage } = options;
  const head =
    `data: {"id":${jsonBytes(options.id)},"object":"chat.completion.chunk",` +
    `"created":${options.created},"model":${jsonBytes(options.model)}`;
  const noUsage = includeUsage ? ',"usage":null' : '';
  const opening = `${head},"choices":[{"index":0,"delta":{`;
  const closing = `},"logprobs":null,"finish_reason":null}]${noUsage}}\n\n`;
  const beforeText = `${opening}"content":"`;
  const afterText = `"${closing}`;
  /** What stands before a piece of arguments, by the index of its call. */
  const beforeArguments: string[] = [];
  const afterArguments = legacyFunctions ? `"}${closing}` : `"}}]${closing}`;

  let out = '';
  let hasRole = false;
  let hasContent = false;
  let usage: ChatUsage | null = null;

  /** One chunk with these members in its delta; `content` is what the chunk says of the content if it is the first. */
  function chunk(members: string, content = ''): void {
    out += opening + (hasRole ? '' : `"role":"assistant",${content}`) + members + closing;
    hasRole = true;
  }

  const sink: ChatSink = {
    text(raw) {
      hasContent = true;
      if (hasRole) out += beforeText + raw + afterText;
      else chunk(`"content":"${raw}"`);
    },
    refusal(raw) {
      hasContent = true;
      chunk(`"refusal":"${raw}"`);
    },
    reasoning(raw) {
      chunk(`"reasoning_content":"${raw}"`);
    },
    toolCall({ index, id, name, kind }) {
      hasContent = true;
      const payload = kind === 'custom' ? 'input' : 'arguments';
      if (!legacyFunctions) {
        beforeArguments[index] = `${opening}"tool_calls":[{"index":${index},"${kind}":{"${payload}":"`;
        const call = { index, id, type: kind, [kind]: { name, [payload]: '' } };
        chunk(`"tool_calls":[${jsonBytes(call)}]`, '"content":null,');
      } else if (index === 0) {
        beforeArguments[index] = `${opening}"function_call":{"arguments":"`;
        chunk(`"function_call":${jsonBytes({ name, arguments: '' })}`, '"content":null,');
      }
    },
    toolArguments(index, raw) {
      const before = beforeArguments[index];
      // A legacy client has no place for a second call.
      if (before !== undefined) out += before + raw + afterArguments;
    },
    annotation(annotation) {
      chunk(`"annotations":[${jsonBytes(annotation)}]`);
    },
    image(url) {
      chunk(`"images":[${jsonBytes({ type: 'image_url', image_url: { url } })}]`);
    },
    finish(reason, counts, serviceTier) {
      usage = chatUsage(counts);
      const role = hasRole ? '' : '"role":"assistant"';
      // An answer without any output is an empty text, as the whole answer says too.
      const content = hasContent ? '' : '"content":""';
      const delta = role && content ? `${role},${content}` : role + content;
      const tier = serviceTier === null ? '' : `,"service_tier":${jsonBytes(serviceTier)}`;
      const finished = clientFinishReason(reason, legacyFunctions);
      out += `${opening}${delta}},"logprobs":null,"finish_reason":"${finished}"}]${tier}${noUsage}}\n\n`;
    },
  };
  const interpreter = createChatInterpreter({ ...options, sink });

  return {
    write(event) {
      interpreter.step(event);
      const written = out;
      out = '';
      return written;
    },
    isVerbatim: () => false,
    end() {
      // Unknown counts are not sent as null: clients take the last chunk's usage for an object.
      const last = includeUsage && usage !== null ? `${head},"choices":[],"usage":${jsonBytes(usage)}}\n\n` : '';
      return `${last}data: [DONE]\n\n`;
    },
    fail: (error) => `data: ${jsonBytes(error.toBody())}\n\n`,
  };
}
