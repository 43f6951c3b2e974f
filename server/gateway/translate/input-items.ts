import type { ResponsesInputItem, ResponsesRequest } from '../../contract/responses.ts';
import type { ResponsesBody, ResponsesItem } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { isRecord, textOrNull } from './json-values.ts';

/**
 * The request's input as items with a type: a text is one user message, an item with a role is a message, an item
 * with nothing but an id is a reference. Throws AppError 400 when there is no input, or an item is none of these.
 */
export function inputItemsOf(request: Pick<ResponsesRequest, 'input'>): ResponsesItem[] {
  const { input } = request;
  if (input == null) throw new AppError('invalid_request', "Missing required parameter: 'input'.", { param: 'input' });
  if (typeof input === 'string') {
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
  }
  return input.map((item, index) => ({ ...item, type: item.type ?? impliedType(item, index) }));
}

function impliedType(item: ResponsesInputItem, index: number): string {
  if (item.role != null) return 'message';
  if (typeof item['id'] === 'string' && Object.keys(item).every((key) => key === 'id' || key === 'type'))
    return 'item_reference';
  const param = `input[${index}].type`;
  throw new AppError('invalid_request', `Missing required parameter: '${param}'.`, { param });
}

/** Items of a Codex client: they are its own and pass as they are, apart from what the upstream is known to refuse. */
export function codexItems(items: readonly ResponsesItem[]): ResponsesItem[] {
  return items.flatMap((item) => {
    if (item.type === 'reasoning' && textOrNull(item['encrypted_content']) === null) return [];
    if (item['id'] === undefined) return [item];
    const { id: _, ...rest } = item;
    return [{ ...rest, type: item.type, ...validId(item) }];
  });
}

const idPrefixes: Record<string, string> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  additional_tools: 'at',
  compaction: 'cmp',
  image_generation_call: 'ig',
};

/** The item's id when the upstream takes it back: at most 64 of its characters, the right prefix if one is known. */
export function validId(item: ResponsesItem): { id?: string } {
  const { id } = item;
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) return {};
  const prefix = idPrefixes[item.type];
  return prefix === undefined || id.startsWith(`${prefix}_`) ? { id } : {};
}

/** Items without the `detail` of their images, which the Lite dialect refuses. */
export function withoutImageDetail(items: readonly ResponsesItem[]): ResponsesItem[] {
  return items.map((item) => {
    const field = Array.isArray(item['content']) ? 'content' : 'output';
    const parts = item[field];
    if (!Array.isArray(parts) || !parts.some(isDetailedImage)) return item;
    const changed = parts.map((part: unknown) => {
      if (!isDetailedImage(part)) return part;
      const { detail: _, ...rest } = part;
      return rest;
    });
    return { ...item, [field]: changed };
  });
}

function isDetailedImage(part: unknown): part is Record<string, unknown> {
  return isRecord(part) && part['type'] === 'input_image' && 'detail' in part;
}

/** Encrypted reasoning and compactions can only be read on the account that made them. */

/** The encrypted contents in a body, newest last. */
export function encryptedContents(body: Pick<ResponsesBody, 'input'>): string[] {
  return body.input.flatMap(({ encrypted_content: content }) =>
    typeof content === 'string' && content !== '' ? [content] : [],
  );
}

/** A compaction stands for the history it replaced: it cannot be left out, and binds the conversation to its account. */
export function hasCompaction(body: Pick<ResponsesBody, 'input'>): boolean {
  return body.input.some((item) => item.type === 'compaction');
}

/**
 * The body without its reasoning items, for another account or after `invalid_encrypted_content`; undefined when that
 * would not help: there is a compaction, or no reasoning to leave out.
 */
export function stripEncrypted(body: ResponsesBody): ResponsesBody | undefined {
  if (hasCompaction(body)) return undefined;
  const input = body.input.filter((item) => item.type !== 'reasoning');
  return input.length === body.input.length ? undefined : { ...body, input };
}
