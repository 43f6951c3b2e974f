import type { ResponsesItem } from '../../contract/responses-body.ts';
import { isRecord, recordOf } from './json-values.ts';

/** What the `response` objects of one answer must say to the client that asked. */
export interface ResponsesAnswerOptions {
  /** A Codex client gets the private parts too. */
  isCodexClient: boolean;
  /** Whether the gateway keeps this answer for `previous_response_id`. */
  keepsResponse: boolean;
  /** As the client asked; the upstream never saw it. */
  previousResponseId: string | null;
}

/** A `response` object; its output is known once the answer is complete. */
export type ResponseObject = Record<string, unknown> & { output?: ResponsesItem[] };

/**
 * The `response` object as the client may see it. For everybody: no `safety_identifier` (it names the upstream
 * account's user). For clients other than Codex: no token attribution, access programs or headers, and `store` and
 * `previous_response_id` as the client knows them. With `items` given (terminal events) an empty `output` is replaced
 * by them; items without an id get one.
 */
export function clientResponse(
  response: Record<string, unknown>,
  options: ResponsesAnswerOptions,
  items?: readonly ResponsesItem[],
): ResponseObject {
  const result: ResponseObject = { ...response };
  if ('safety_identifier' in result) result['safety_identifier'] = null;
  if (items) result.output = withIds(outputOf(response, items), String(response['id'] ?? ''));
  if (options.isCodexClient) return withoutServedModel(result);
  delete result['access_programs'];
  delete result['headers'];
  if (isRecord(result['usage'])) {
    const { attribution: _, ...usage } = result['usage'];
    result['usage'] = usage;
  }
  result['store'] = options.keepsResponse;
  result['previous_response_id'] = options.previousResponseId;
  return result;
}

/**
 * `value` without the `openai-model` header inside it: when that name differs from the model it asked for, the Codex
 * CLI warns its user of a rerouting for "high-risk cyber activity".
 */
export function withoutServedModel<T extends Record<string, unknown>>(value: T): T {
  if (!isRecord(value['headers'])) return value;
  const headers = Object.entries(value['headers']).filter(([name]) => name.toLowerCase() !== 'openai-model');
  return { ...value, headers: Object.fromEntries(headers) };
}

function outputOf(response: Record<string, unknown>, items: readonly ResponsesItem[]): ResponsesItem[] {
  const output = response['output'];
  return Array.isArray(output) && output.length > 0 ? output : [...items];
}

const idPrefixes: Record<string, string> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  web_search_call: 'ws',
  image_generation_call: 'ig',
  compaction: 'cmp',
};

/** Made from the answer's id and the position, so that the streamed, the whole and the stored answer agree. */
function withIds(output: readonly ResponsesItem[], responseId: string): ResponsesItem[] {
  const tail = responseId.replace(/^resp_/, '').slice(0, 48);
  return output.map((item, index) =>
    typeof recordOf(item)['id'] === 'string'
      ? item
      : { ...item, id: `${idPrefixes[item.type] ?? 'item'}_${tail}_${index}` },
  );
}
