import type { ResponsesItem } from '../../contract/responses-body.ts';
import type { AnswerCollector } from '../answer.ts';
import type { UpstreamEvent } from '../upstream-event.ts';
import { createAnswerFacts } from './answer-facts.ts';
import { clientResponse, type ResponsesAnswerOptions } from './responses-answer.ts';

/**
 * Folds an answer into the whole `response` object for `stream: false`: the terminal event's object with its output
 * assembled from the item events; when there were none but text was streamed, one message with that text. `result`
 * throws when no terminal event was added: a cut answer is never a whole one.
 */
export function createResponsesCollector(options: ResponsesAnswerOptions): AnswerCollector {
  const facts = createAnswerFacts({ keepItems: true });
  let textDeltas: UpstreamEvent[] = [];

  return {
    add(event) {
      facts.observe(event);
      if (event.type === 'response.output_text.delta') textDeltas.push(event);
      // Finished items hold their text: the pieces are not needed any more.
      else if (event.type === 'response.output_item.done') textDeltas = [];
    },
    result() {
      if (!facts.terminal) throw new Error('The answer was asked for before its terminal event');
      const items = facts.items.length > 0 ? facts.items : messageOf(textDeltas);
      return clientResponse(facts.terminal, options, items);
    },
  };
}

function messageOf(deltas: readonly UpstreamEvent[]): ResponsesItem[] {
  const text = deltas.map((event) => event.json()['delta']).join('');
  if (text === '') return [];
  const content = [{ type: 'output_text', text, annotations: [] }];
  return [{ type: 'message', status: 'completed', role: 'assistant', content }];
}
