import type { ResponsesItem } from '../contract/responses-body.ts';
import { AppError } from '../core/errors.ts';

/**
 * The items of a kept conversation followed by the new ones. A client that sends again what is kept already (the same
 * item, call or output) does not get it twice: the kept one stays in its place.
 */
export function mergeHistory(history: readonly ResponsesItem[], input: readonly ResponsesItem[]): ResponsesItem[] {
  const known = new Set(history.flatMap(identities));
  return [...history, ...input.filter((item) => !identities(item).some((identity) => known.has(identity)))];
}

function identities({ type, id, call_id: callId }: ResponsesItem): string[] {
  return [
    ...(typeof id === 'string' ? [`id ${id}`] : []),
    ...(typeof callId === 'string' && callId !== '' ? [`${type} ${callId}`] : []),
  ];
}

/** A kept answer, as {@link ConversationStore} gives it back. */
export interface StoredResponse {
  id: string;
  previousId: string | null;
  /** The account that made it; null when unknown. */
  tokenId: string | null;
  /** The new input items of its request. */
  input: ResponsesItem[];
  output: ResponsesItem[];
  /** The `response` object as its client got it. */
  response: Record<string, unknown>;
}

/** The body of `GET /v1/responses/{id}`. */
export function storedResponseBody({ response, output }: StoredResponse): Record<string, unknown> {
  return { ...response, output };
}

/** The body of `DELETE /v1/responses/{id}`. */
export function deletedResponseBody(id: string): { id: string; object: 'response'; deleted: true } {
  return { id, object: 'response', deleted: true };
}

export interface ItemsPage {
  object: 'list';
  data: Record<string, unknown>[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/**
 * The body of `GET /v1/responses/{id}/input_items`: newest first unless `order` is `asc`, up to `limit` (1–100, 20)
 * items behind the item `after`. The query's values come as texts. Throws AppError 400 naming the bad one.
 */
export function inputItemsList(
  stored: Pick<StoredResponse, 'id' | 'input'>,
  query: { order?: string | null; after?: string | null; limit?: string | null },
): ItemsPage {
  const order = query.order ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid('order', "expected 'asc' or 'desc'");
  const limit = Number(query.limit ?? '20');
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw invalid('limit', 'expected a whole number between 1 and 100');
  const tail = stored.id.replace(/^resp_/, '');
  const items = stored.input.map((item, index) => listedItem(item, `${tail}_${index}`));
  if (order === 'desc') items.reverse();
  const after = query.after ?? null;
  const position = after === null ? -1 : items.findIndex((item) => item['id'] === after);
  if (after !== null && position === -1) throw invalid('after', 'no such item in this response');
  const data = items.slice(position + 1, position + 1 + limit);
  return {
    object: 'list',
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: position + 1 + data.length < items.length,
  };
}

/** What the public API always gives: an id (the same each time), and of messages status and parts. */
function listedItem(item: ResponsesItem, tail: string): Record<string, unknown> {
  const id = typeof item['id'] === 'string' ? item['id'] : `${item.type === 'message' ? 'msg' : 'item'}_${tail}`;
  if (item.type !== 'message') return { ...item, id };
  const textType = item['role'] === 'assistant' ? 'output_text' : 'input_text';
  const { content } = item;
  return {
    status: 'completed',
    ...item,
    id,
    content: typeof content === 'string' ? [{ type: textType, text: content }] : content,
  };
}

function idOf(item: Record<string, unknown> | undefined): string | null {
  return typeof item?.['id'] === 'string' ? item['id'] : null;
}

function invalid(param: string, expected: string): AppError {
  return new AppError('invalid_request', `Invalid value for '${param}': ${expected}.`, { param });
}
