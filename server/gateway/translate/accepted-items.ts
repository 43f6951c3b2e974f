import type { ResponsesItem } from '../../contract/responses-body.ts';
import { AppError } from '../../core/errors.ts';
import { validId } from './input-items.ts';
import { pairCalls } from './input-pairs.ts';
import { partsOf, pick } from './input-parts.ts';
import { textOrNull } from './json-values.ts';

/**
 * Items of an SDK as the upstream takes them. Ids and statuses are left out (nothing is kept upstream, so ids resolve
 * nothing, and its own ids can be too long for it to take back), reasoning without encrypted content cannot be
 * replayed, empty assistant messages break the matching of calls, calls and outputs are paired. Throws AppError 400
 * naming what cannot be sent at all.
 */
export function acceptedItems(items: readonly ResponsesItem[]): ResponsesItem[] {
  return pairCalls(items.flatMap((item, index) => acceptedItem(item, `input[${index}]`) ?? []));
}

function acceptedItem(item: ResponsesItem, param: string): ResponsesItem | undefined {
  switch (item.type) {
    case 'message':
      return message(item, param);
    case 'reasoning':
      if (textOrNull(item['encrypted_content']) === null) return undefined;
      return { type: 'reasoning', summary: item['summary'] ?? [], encrypted_content: item['encrypted_content'] };
    case 'function_call':
      requireCallId(item, param);
      return {
        ...pick(item, ['type', 'call_id', 'name', 'namespace']),
        arguments: jsonText(item['arguments'] ?? '{}'),
      };
    case 'custom_tool_call':
      requireCallId(item, param);
      return { ...pick(item, ['type', 'call_id', 'name', 'namespace']), input: jsonText(item['input'] ?? '') };
    case 'function_call_output':
    case 'custom_tool_call_output':
      requireCallId(item, param);
      return { ...pick(item, ['type', 'call_id']), output: toolOutput(item['output'], `${param}.output`) };
    case 'web_search_call':
      return pick(item, ['type', 'status', 'action']);
    case 'image_generation_call':
      return { ...pick(item, ['type', 'status', 'result', 'revised_prompt', 'output_format']), ...validId(item) };
    case 'tool_search_call':
      return pick(item, ['type', 'call_id', 'execution', 'arguments', 'status']);
    case 'tool_search_output':
      return pick(item, ['type', 'call_id', 'execution', 'tools', 'status']);
    case 'additional_tools':
      return pick(item, ['type', 'role', 'tools']);
    case 'compaction':
      return pick(item, ['type', 'encrypted_content']);
    case 'compaction_trigger':
      return { type: 'compaction_trigger' };
    case 'configuration_update':
      return pick(item, ['type', 'reasoning']);
    case 'item_reference':
      throw new AppError('item_not_found', `Item with id '${String(item['id'])}' not found.`, { param: `${param}.id` });
    default: {
      const text = `Unsupported value for '${param}.type': '${item.type}'. The upstream does not take such items.`;
      throw new AppError('unsupported_value', text, { param: `${param}.type` });
    }
  }
}

function requireCallId(item: ResponsesItem, param: string): void {
  if (textOrNull(item['call_id']) !== null) return;
  const field = `${param}.call_id`;
  throw new AppError('invalid_request', `Missing required parameter: '${field}'.`, { param: field });
}

function message(item: ResponsesItem, param: string): ResponsesItem | undefined {
  const role = item['role'] === 'system' ? 'developer' : item['role'];
  if (role !== 'user' && role !== 'assistant' && role !== 'developer') {
    const text = `Invalid value for '${param}.role': expected one of 'user', 'assistant', 'system', 'developer'.`;
    throw new AppError('invalid_request', text, { param: `${param}.role` });
  }
  const parts = partsOf(item['content'], role === 'assistant' ? 'output_text' : 'input_text', `${param}.content`);
  const content = role === 'assistant' ? parts.filter((part) => part['text'] !== '') : parts;
  if (content.length === 0) return undefined;
  const phase = textOrNull(item['phase']);
  return { type: 'message', role, content, ...(phase === null ? {} : { phase }) };
}

function toolOutput(output: unknown, param: string): unknown {
  if (output == null) return '';
  return Array.isArray(output) ? partsOf(output, 'input_text', param) : jsonText(output);
}

/** Some clients give an object where the API has its JSON text. */
function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
