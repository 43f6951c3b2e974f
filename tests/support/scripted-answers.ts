import type { ScriptedPiece } from '../../server/simulator/script.ts';

type Event = Exclude<ScriptedPiece, string | Uint8Array>;

/**
 * The events of an answer with these text deltas, as the backend sends them. `between` stands before the first delta;
 * `model` is the one the backend says it served.
 */
export function textAnswer(
  deltas: readonly string[],
  options: { between?: readonly Event[]; model?: string } = {},
): Event[] {
  const response = {
    id: 'resp_scripted',
    object: 'response',
    created_at: 1_790_000_000,
    status: 'in_progress',
    model: options.model ?? 'gpt-5.5',
    output: [],
  };
  const place = { item_id: 'msg_scripted', output_index: 0, content_index: 0 };
  const message = { id: 'msg_scripted', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
  const text = deltas.join('');
  const part = { type: 'output_text', text, annotations: [] };
  const usage = {
    input_tokens: 11,
    input_tokens_details: { cached_tokens: 3 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 18,
  };
  return [
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    { type: 'response.output_item.added', output_index: 0, item: message },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...(options.between ?? []),
    ...deltas.map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item: { ...message, status: 'completed', content: [part] } },
    { type: 'response.completed', response: { ...response, status: 'completed', usage } },
  ];
}
