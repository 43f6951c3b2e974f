import type { ResponsesItem } from '../../contract/responses-body.ts';
import { createCallPairs } from './call-pairs.ts';

/** What stands in for the output of a call that has none. */
const missingOutput = 'aborted';

/**
 * Makes every call have one output behind it and every output a call before it; the upstream refuses anything else.
 * A call without an output gets "aborted", an output without a call becomes a user message with its text, an output of
 * the other kind is made one of its call's kind. Call ids are made acceptable as for Chat Completions.
 */
export function pairCalls(items: readonly ResponsesItem[]): ResponsesItem[] {
  const pairs = createCallPairs();
  const paired = items.map((item): ResponsesItem => {
    const id = String(item['call_id']);
    if (isCall(item)) return { ...item, call_id: pairs.call(id, item.type).callId };
    if (item.type !== 'function_call_output' && item.type !== 'custom_tool_call_output') return item;
    const call = pairs.answer(id);
    return call ? { ...item, type: `${call.kind}_output`, call_id: call.callId } : toldOutput(item);
  });
  const unanswered = pairs.unanswered();
  return paired.flatMap((item) => {
    if (!isCall(item) || !unanswered.has(String(item['call_id']))) return [item];
    return [item, { type: `${item.type}_output`, call_id: item['call_id'], output: missingOutput }];
  });
}

type CallItem = ResponsesItem & { type: 'function_call' | 'custom_tool_call' };

function isCall(item: ResponsesItem): item is CallItem {
  return item.type === 'function_call' || item.type === 'custom_tool_call';
}

function toldOutput(item: ResponsesItem): ResponsesItem {
  const { output } = item;
  const parts = Array.isArray(output) ? output : [{ type: 'input_text', text: output }];
  const label = { type: 'input_text', text: `Result of the tool call ${String(item['call_id'])}:` };
  return { type: 'message', role: 'user', content: [label, ...parts] };
}
