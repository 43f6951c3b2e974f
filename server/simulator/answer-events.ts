import type { PlannedItem } from './answer-plan.ts';
import type { JsonObject } from './json.ts';

/** An event without its `sequence_number`, which the stream adds. */
export type StreamEvent = JsonObject & { type: string };

/** What the items of one answer are made with. */
export interface ItemContext {
  /** Tail of the item ids of this answer, unique to it. */
  idTail: string;
  /** `encrypted_content` for reasoning and compaction items; `note` tells items apart. */
  seal: (note: string) => string;
  /** The request's `include` asks for encrypted reasoning. */
  includesEncrypted: boolean;
}

/** The events of one planned item, `output_item.added` to `output_item.done`. */
export function* itemEvents(item: PlannedItem, index: number, context: ItemContext): Generator<StreamEvent> {
  const id = (prefix: string) => `${prefix}_${context.idTail}${index}`;
  switch (item.kind) {
    case 'message':
      return yield* messageEvents(id('msg'), index, item.deltas);
    case 'numbered-message':
      return yield* messageEvents(id('msg'), index, numberedWords(item.count));
    case 'flood':
      return yield* messageEvents(id('msg'), index, fillerDeltas(item.bytes));
    case 'reasoning':
      return yield* reasoningEvents(id('rs'), index, item.summary, context);
    case 'function-call':
      return yield* callEvents('function_call', id('fc'), index, item, item.arguments, context.idTail);
    case 'custom-call':
      return yield* callEvents('custom_tool_call', id('ctc'), index, item, item.input, context.idTail);
    case 'compaction': {
      const compaction = {
        id: id('cmp'),
        type: 'compaction',
        encrypted_content: context.seal(`compaction ${context.idTail}`),
      };
      yield { type: 'response.output_item.added', item: compaction, output_index: index };
      yield { type: 'response.output_item.done', item: compaction, output_index: index };
    }
  }
}

/** `count` short words, each one delta. */
export function* numberedWords(count: number): Generator<string> {
  for (let number = 1; number <= count; number += 1) yield `word${number} `;
}

const fillerSize = 16 * 1024;
const filler = 'All work and no play makes the stream a long one. '.repeat(fillerSize / 50 + 1).slice(0, fillerSize);

function* fillerDeltas(bytes: number): Generator<string> {
  for (let left = bytes; left > 0; left -= fillerSize) yield filler.slice(0, left);
}

export function* messageEvents(id: string, index: number, deltas: Iterable<string>): Generator<StreamEvent> {
  const place = { content_index: 0, item_id: id, output_index: index };
  const message = {
    id,
    type: 'message',
    status: 'in_progress',
    content: [] as unknown[],
    phase: 'final_answer',
    role: 'assistant',
  };
  yield { type: 'response.output_item.added', item: message, output_index: index };
  yield { type: 'response.content_part.added', ...place, part: textPart('') };
  let text = '';
  for (const delta of deltas) {
    text += delta;
    yield {
      type: 'response.output_text.delta',
      content_index: 0,
      delta,
      item_id: id,
      logprobs: [],
      obfuscation: padding(delta),
      output_index: index,
    };
  }
  yield { type: 'response.output_text.done', ...place, logprobs: [], text };
  yield { type: 'response.content_part.done', ...place, part: textPart(text) };
  yield {
    type: 'response.output_item.done',
    item: { ...message, status: 'completed', content: [textPart(text)] },
    output_index: index,
  };
}

function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function* reasoningEvents(
  id: string,
  index: number,
  summary: readonly string[],
  context: ItemContext,
): Generator<StreamEvent> {
  const sealed = context.includesEncrypted ? { encrypted_content: context.seal(`reasoning ${id}`) } : {};
  const item = { id, type: 'reasoning', content: [], ...sealed, summary: [] as unknown[] };
  const place = { item_id: id, output_index: index };
  yield { type: 'response.output_item.added', item, output_index: index };
  const text = summary.join('');
  const part = { type: 'summary_text', text };
  if (summary.length > 0) {
    yield {
      type: 'response.reasoning_summary_part.added',
      ...place,
      part: { type: 'summary_text', text: '' },
      summary_index: 0,
    };
    for (const delta of summary) {
      yield {
        type: 'response.reasoning_summary_text.delta',
        delta,
        ...place,
        obfuscation: padding(delta),
        summary_index: 0,
      };
    }
    yield { type: 'response.reasoning_summary_text.done', ...place, summary_index: 0, text };
    yield { type: 'response.reasoning_summary_part.done', ...place, part, summary_index: 0 };
  }
  yield {
    type: 'response.output_item.done',
    item: { ...item, summary: summary.length > 0 ? [part] : [] },
    output_index: index,
  };
}

/** A call of either kind: they differ in the names of the item, the field and the events. */
function* callEvents(
  type: 'function_call' | 'custom_tool_call',
  id: string,
  index: number,
  tool: { name: string; namespace: string | undefined },
  input: string,
  idTail: string,
): Generator<StreamEvent> {
  const field = type === 'function_call' ? 'arguments' : 'input';
  const event = type === 'function_call' ? 'response.function_call_arguments' : 'response.custom_tool_call_input';
  const namespace = tool.namespace === undefined ? {} : { namespace: tool.namespace };
  const item = {
    id,
    type,
    status: 'in_progress',
    [field]: '',
    call_id: `call_${idTail}${index}`,
    name: tool.name,
    ...namespace,
  };
  yield { type: 'response.output_item.added', item, output_index: index };
  for (const delta of input.match(/[\s\S]{1,8}/gu) ?? []) {
    yield { type: `${event}.delta`, delta, item_id: id, obfuscation: padding(delta), output_index: index };
  }
  yield { type: `${event}.done`, [field]: input, item_id: id, output_index: index };
  yield {
    type: 'response.output_item.done',
    item: { ...item, status: 'completed', [field]: input },
    output_index: index,
  };
}

/** The real backend pads its deltas, so that their lengths do not give the text away. */
function padding(delta: string): string {
  return 'z2mXR4rWWq3AHjKq'.slice(delta.length % 16);
}
