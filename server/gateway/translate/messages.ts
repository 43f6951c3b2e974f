import type { ChatMessage, ChatMessageOf, ChatToolContent } from '../../contract/chat-messages.ts';
import type { ResponsesItem } from '../../contract/responses-body.ts';
import { type Call, type CallKind, createCallMatching } from './call-matching.ts';
import { type InputPart, inputParts, inputText, outputParts, textOfContent } from './content-parts.ts';
import { defaultInstructions } from './instructions.ts';
import type { ToolNames } from './tool-names.ts';

/**
 * The messages of a chat request as `instructions` and `input`.
 *
 * System and developer messages before the first user message become the instructions; later ones stay where they
 * are, as developer messages. All of them stay in the input when there would be no input otherwise, and for a
 * `json_object` answer, which the upstream gives only when the word "json" occurs in the input itself.
 *
 * Every call gets exactly one output, whatever the client's history looks like: one that is missing says "aborted",
 * one that belongs to no call (or came before it, or again) is told as a user message.
 */
export function translateMessages(
  messages: readonly ChatMessage[],
  names: ToolNames,
  jsonObject: boolean,
): { instructions: string; input: ResponsesItem[] } {
  const keepSystem = jsonObject || messages.every(isSystem);
  const firstUser = messages.findIndex((message) => message.role === 'user');
  const matching = createCallMatching();
  const instructions: string[] = [];
  const items = messages.flatMap((message, index): ResponsesItem[] => {
    if (isSystem(message)) {
      const text = textOfContent(message.content);
      if (text === '') return [];
      if (keepSystem || (firstUser !== -1 && index > firstUser)) return [messageItem('developer', [inputText(text)])];
      instructions.push(text);
      return [];
    }
    if (message.role === 'user')
      return [messageItem('user', inputParts(message.content, `messages[${index}].content`))];
    if (message.role === 'assistant') return assistantItems(message, names, matching.call);
    const id = message.role === 'tool' ? message.tool_call_id : legacyId(message.name);
    const parts = resultParts(message.content, `messages[${index}].content`);
    const call = matching.answer(id);
    if (call) return [outputItem(call, parts)];
    const label = message.role === 'tool' ? message.tool_call_id : message.name;
    return [messageItem('user', [inputText(`Result of the tool call ${label}:`), ...parts])];
  });
  const input = withMissingOutputs(items, matching.unanswered());
  return {
    instructions: instructions.join('\n\n') || defaultInstructions,
    input:
      jsonObject && !mentionsJson(input) ? [messageItem('developer', [inputText('Answer in JSON.')]), ...input] : input,
  };
}

/** The names of the tools that were called in `messages`, in the client's spelling. */
export function calledNames(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap((message) => {
    if (message.role !== 'assistant') return [];
    const names = (message.tool_calls ?? []).map((call) =>
      call.type === 'custom' ? call.custom.name : call.function.name,
    );
    return message.function_call ? [...names, message.function_call.name] : names;
  });
}

function isSystem(message: ChatMessage): message is ChatMessageOf<'system' | 'developer'> {
  return message.role === 'system' || message.role === 'developer';
}

function messageItem(role: 'user' | 'assistant' | 'developer', content: InputPart[]): ResponsesItem {
  return { type: 'message', role, content };
}

/** The text first, then the calls. No item for an empty text: one before calls would break their matching. */
function assistantItems(
  message: ChatMessageOf<'assistant'>,
  names: ToolNames,
  register: (id: string, kind: CallKind) => Call,
): ResponsesItem[] {
  const parts = outputParts(message);
  const items = parts.length === 0 ? [] : [messageItem('assistant', parts)];
  for (const call of message.tool_calls ?? []) {
    if (call.type === 'custom') {
      const { callId } = register(call.id, 'custom_tool_call');
      const { name, input } = call.custom;
      items.push({ type: 'custom_tool_call', call_id: callId, name: names.toUpstream(name), input });
    } else {
      items.push(functionCallItem(register(call.id, 'function_call'), call.function, names));
    }
  }
  const legacy = message.function_call;
  if (legacy) items.push(functionCallItem(register(legacyId(legacy.name), 'function_call'), legacy, names));
  return items;
}

function functionCallItem(
  { callId }: Call,
  call: { name: string; arguments: string | Record<string, unknown> },
  names: ToolNames,
): ResponsesItem {
  const text = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
  return { type: 'function_call', call_id: callId, name: names.toUpstream(call.name), arguments: text || '{}' };
}

/** Legacy calls have no ids: one is found by its name. The space keeps it apart from ids of clients. */
function legacyId(name: string): string {
  return `function ${name}`;
}

function resultParts(content: ChatToolContent | null, param: string): InputPart[] {
  return content === null || content.length === 0 ? [inputText('')] : inputParts(content, param);
}

/** A single text goes as a plain string, the form every model knows best. */
function outputItem({ callId, kind }: Call, parts: InputPart[]): ResponsesItem {
  const [first] = parts;
  const output = parts.length === 1 && first?.type === 'input_text' ? first['text'] : parts;
  return { type: `${kind}_output`, call_id: callId, output };
}

function withMissingOutputs(items: ResponsesItem[], unanswered: ReadonlySet<string>): ResponsesItem[] {
  if (unanswered.size === 0) return items;
  return items.flatMap((item) => {
    const { type, call_id: callId } = item;
    const isCall = type === 'function_call' || type === 'custom_tool_call';
    if (!isCall || typeof callId !== 'string' || !unanswered.has(callId)) return [item];
    return [item, outputItem({ callId, kind: type }, [inputText('aborted')])];
  });
}

function mentionsJson(items: readonly ResponsesItem[]): boolean {
  return items.some(
    ({ type, content }) =>
      type === 'message' && (content as InputPart[]).some(({ text }) => typeof text === 'string' && /json/i.test(text)),
  );
}
