import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { answerTo, type ChatTestOptions } from '../../../support/chat-answers.ts';
import { eventOf } from '../../../support/upstream-events.ts';

/** Events as short as tests want to write them, and the answers expected of them. */

export const completed: EventJson = { type: 'response.completed', response: { status: 'completed', output: [] } };
export const textPart = (text: string, annotations: unknown[] = []) => ({ type: 'output_text', text, annotations });
export const message = (id: string, ...content: unknown[]) => ({ id, type: 'message', role: 'assistant', content });
export const added = (output_index: number, item: unknown): EventJson => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
export const done = (output_index: number, item: unknown): EventJson => ({
  ...added(output_index, item),
  type: 'response.output_item.done',
});
export const text = (item_id: string, content_index: number, delta: string): EventJson => ({
  type: 'response.output_text.delta',
  item_id,
  output_index: 0,
  content_index,
  delta,
});
export const call = (id: string, args: unknown, name = 'read_tide') => ({
  id: `fc_${id}`,
  type: 'function_call',
  call_id: `call_${id}`,
  name,
  arguments: args,
});
export const args = (fields: Record<string, unknown>): EventJson => ({
  type: 'response.function_call_arguments.delta',
  ...fields,
});

/** The answer to these events and a completed response, streamed and whole alike. */
export function answer(events: EventJson[], options: ChatTestOptions = {}): Record<string, unknown> {
  return answerTo([...events, completed].map(eventOf), options);
}

export function says(content: string | null, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return { finish_reason: 'stop', role: 'assistant', content, refusal: null, ...rest };
}

export function calls(...pairs: [id: string, args: string, name?: string][]): Record<string, unknown> {
  const toolCalls = pairs.map(([id, payload, name = 'read_tide']) => ({
    id: `call_${id}`,
    type: 'function',
    function: { name, arguments: payload },
  }));
  return says(null, { finish_reason: 'tool_calls', tool_calls: toolCalls });
}
