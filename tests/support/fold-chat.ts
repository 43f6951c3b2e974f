import { textOf } from '../../server/sse/event.ts';

type Json = Record<string, unknown>;

/** The payloads of a streamed chat answer, in order: parsed JSON, or the word `[DONE]`. Comments are left out. */
export function readChatStream(bytes: string): (Json | '[DONE]')[] {
  if (bytes !== '' && !bytes.endsWith('\n\n')) throw new Error('The stream ends inside an event');
  return textOf(bytes)
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => !block.startsWith(':'))
    .map((block) => {
      if (!/^data: [^\r\n]*$/.test(block)) throw new Error(`Not one data line: ${block}`);
      const data = block.slice('data: '.length);
      return data === '[DONE]' ? data : (JSON.parse(data) as Json);
    });
}

/**
 * What a client makes of a streamed chat answer: the `chat.completion` its chunks add up to. Written as a client would
 * write it, from the public description of the format, and strict about what must hold of every stream.
 */
export function foldChat(bytes: string): Json {
  const payloads = readChatStream(bytes);
  if (payloads.pop() !== '[DONE]') throw new Error('The stream does not end with [DONE]');
  const message: Json = { role: undefined, content: null, refusal: null };
  let head: Json = {};
  let finishReason: unknown = null;
  let ending: Json = {};

  for (const payload of payloads) {
    if (payload === '[DONE]') throw new Error('[DONE] stands inside the stream');
    const { choices, object, usage, service_tier: tier, ...rest } = payload;
    if (object !== 'chat.completion.chunk') throw new Error(`Not a chunk: ${JSON.stringify(payload)}`);
    head = rest;
    if (usage != null) ending = { ...ending, usage };
    if (tier !== undefined) ending = { ...ending, service_tier: tier };
    const [choice] = choices as Json[];
    if (!choice) continue;
    if (finishReason !== null) throw new Error('A choice follows the finish reason');
    addDelta(message, choice['delta'] as Json);
    finishReason = choice['finish_reason'];
  }
  if (finishReason === null) throw new Error('The stream has no finish reason');
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    ...ending,
  };
}

function addDelta(message: Json, delta: Json): void {
  const { role, tool_calls: calls, function_call: legacyCall, ...rest } = delta;
  if (role !== undefined) {
    if (message['role'] !== undefined) throw new Error('The role is told twice');
    message['role'] = role;
  }
  if (message['role'] === undefined) throw new Error('The first chunk has no role');
  for (const [name, value] of Object.entries(rest)) {
    if (Array.isArray(value)) message[name] = [...((message[name] as unknown[] | undefined) ?? []), ...value];
    else if (value !== null) message[name] = ((message[name] as string | null | undefined) ?? '') + String(value);
  }
  if (legacyCall) message['function_call'] = joined(message['function_call'] as Json | undefined, legacyCall as Json);
  for (const { index, ...piece } of (calls ?? []) as Json[]) {
    const all = (message['tool_calls'] ??= []) as Json[];
    if ((index as number) > all.length) throw new Error('The calls are not counted from 0');
    const { function: fn, custom, ...fields } = piece;
    const call = { ...all[index as number], ...fields } as Json;
    if (fn) call['function'] = joined(call['function'] as Json | undefined, fn as Json);
    if (custom) call['custom'] = joined(call['custom'] as Json | undefined, custom as Json);
    all[index as number] = call;
  }
}

/** A call's payload is joined from its pieces; its name comes once. */
function joined(before: Json | undefined, piece: Json): Json {
  const result = { ...before };
  for (const [name, value] of Object.entries(piece)) result[name] = String(result[name] ?? '') + String(value);
  return result;
}
