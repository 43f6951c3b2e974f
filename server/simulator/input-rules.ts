import { ownerOfContent } from './bound-text.ts';
import { type JsonObject, objectsOf, textOr } from './json.ts';
import { apiError, detail, type Rejection } from './rejection.ts';
import type { RequestRule, RuledRequest } from './rule.ts';

const idPrefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  additional_tools: 'at',
  compaction: 'cmp',
};

const maximalIdLength = 64;

function itemsOf({ body }: RuledRequest): JsonObject[] {
  return objectsOf(body['input']);
}

/** The first complaint of `check` about an item, with the item's place. */
function firstComplaint(
  request: RuledRequest,
  check: (item: JsonObject, path: string) => Rejection | undefined,
): Rejection | undefined {
  for (const [index, item] of itemsOf(request).entries()) {
    const complaint = check(item, `input[${index}]`);
    if (complaint) return complaint;
  }
  return undefined;
}

/** An item without a type is a message. */
function typeOf(item: JsonObject): string {
  return textOr(item['type'], 'message');
}

export function noSystemRole(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item) =>
    item['role'] === 'system' ? detail('System messages are not allowed') : undefined,
  );
}

/** Nothing is stored, so an id alone, or reasoning without its encrypted content, points nowhere. */
export function itemsAreSelfContained(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item) => {
    const pointsNowhere =
      typeOf(item) === 'item_reference' ||
      (typeOf(item) === 'reasoning' && typeof item['id'] === 'string' && textOr(item['encrypted_content'], '') === '');
    if (!pointsNowhere) return undefined;
    const message = `Item with id '${textOr(item['id'], '')}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
    return apiError(null, message, 'input');
  });
}

/** An id is optional; given, it has its type's prefix, 64 characters at most and a small alphabet. */
export function itemIdsAreValid(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item, path) => {
    const id = item['id'];
    const prefix = idPrefixes[typeOf(item)];
    if (typeof id !== 'string' || prefix === undefined) return undefined;
    if (id.length > maximalIdLength) return tooLong(`${path}.id`, id.length);
    if (id.startsWith(`${prefix}_`) && /^[A-Za-z0-9_-]+$/.test(id)) return undefined;
    const message = `Invalid '${path}.id': '${id}'. Expected an ID that begins with '${prefix}'.`;
    return apiError('invalid_id_prefix', message, `${path}.id`);
  });
}

export function callIdsAreShort(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item, path) => {
    const callId = textOr(item['call_id'], '');
    return callId.length > maximalIdLength ? tooLong(`${path}.call_id`, callId.length) : undefined;
  });
}

function tooLong(param: string, length: number): Rejection {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${maximalIdLength}, but got a string with length ${length} instead.`;
  return apiError('string_above_max_length', message, param);
}

const partTypes: Readonly<Record<string, readonly string[]>> = {
  user: ['input_text', 'input_image', 'input_file'],
  developer: ['input_text', 'input_image', 'input_file'],
  assistant: ['output_text', 'refusal'],
};

/** Parts have the types of their role: `input_…` towards the model, `output_text` and `refusal` from it. */
export function messagePartsFit(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item, path) => {
    if (typeOf(item) !== 'message') return undefined;
    const supported = partTypes[textOr(item['role'], '')];
    if (!supported) return apiError('invalid_value', `Invalid value: '${String(item['role'])}'.`, `${path}.role`);
    for (const [index, part] of objectsOf(item['content']).entries()) {
      const type = textOr(part['type'], '');
      if (supported.includes(type)) continue;
      const names = supported.map((name) => `'${name}'`).join(', ');
      const message = `Invalid value: '${type}'. Supported values are: ${names}.`;
      return apiError('invalid_value', message, `${path}.content[${index}].type`);
    }
    return undefined;
  });
}

const callKinds = [
  { call: 'function_call', output: 'function_call_output', name: 'function call' },
  { call: 'custom_tool_call', output: 'custom_tool_call_output', name: 'custom tool call' },
] as const;

function callIdsOf(items: readonly JsonObject[], type: string): string[] {
  return items.filter((item) => item['type'] === type).map((item) => textOr(item['call_id'], ''));
}

export function callsHaveOutputs(request: RuledRequest): Rejection | undefined {
  for (const kind of callKinds) {
    const outputs = new Set(callIdsOf(itemsOf(request), kind.output));
    const open = callIdsOf(itemsOf(request), kind.call).find((id) => !outputs.has(id));
    if (open !== undefined) return apiError(null, `No tool output found for ${kind.name} ${open}.`, 'input');
  }
  return undefined;
}

export function outputsHaveCalls(request: RuledRequest): Rejection | undefined {
  for (const kind of callKinds) {
    const calls = new Set(callIdsOf(itemsOf(request), kind.call));
    const orphan = callIdsOf(itemsOf(request), kind.output).find((id) => !calls.has(id));
    if (orphan !== undefined)
      return apiError(null, `No tool call found for ${kind.name} output with call_id ${orphan}.`, 'input');
  }
  return undefined;
}

/** Encrypted reasoning and compactions can be read only by the account they were made for. */
export function encryptedContentIsOwn(request: RuledRequest): Rejection | undefined {
  return firstComplaint(request, (item) => {
    const content = item['encrypted_content'];
    if (typeof content !== 'string' || ownerOfContent(content) === request.owner) return undefined;
    const message = `The encrypted content ${content.slice(0, 8)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`;
    return apiError('invalid_encrypted_content', message);
  });
}

export const inputRules: readonly RequestRule[] = [
  noSystemRole,
  itemsAreSelfContained,
  itemIdsAreValid,
  callIdsAreShort,
  messagePartsFit,
  callsHaveOutputs,
  outputsHaveCalls,
  encryptedContentIsOwn,
];
