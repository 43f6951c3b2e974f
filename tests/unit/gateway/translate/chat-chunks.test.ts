import { describe, expect, test } from 'bun:test';
import { AppError } from '../../../../server/core/errors.ts';
import { createChatWriter } from '../../../../server/gateway/translate/chat-chunks.ts';
import { bytesOf } from '../../../../server/sse/event.ts';
import { chatOptions, streamed } from '../../../support/chat-answers.ts';
import { readChatStream } from '../../../support/fold-chat.ts';
import { eventFromText, eventOf, recordedEvents } from '../../../support/upstream-events.ts';

const created = eventOf({ type: 'response.created', response: { id: 'resp_1' } });
const delta = (text: string) =>
  eventOf({ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: text });
const completed = (response: Record<string, unknown> = {}) =>
  eventOf({ type: 'response.completed', response: { status: 'completed', output: [], ...response } });

/** The chunks' deltas and endings, without what is the same in all of them. */
async function deltasOf(name: string, options: Parameters<typeof streamed>[1] = {}): Promise<unknown[]> {
  return readChatStream(streamed(await recordedEvents(name), options)).map((payload) => {
    const [choice] = payload === '[DONE]' ? [] : (payload['choices'] as { delta: unknown; finish_reason: unknown }[]);
    return choice ? (choice.finish_reason === null ? choice.delta : [choice.delta, choice.finish_reason]) : payload;
  });
}

describe('a chunk', () => {
  test('is written byte by byte as OpenAI writes it, with the role beside the first text', () => {
    const writer = createChatWriter({ ...chatOptions, model: 'gpt-é', includeUsage: false });
    const head =
      'data: {"id":"chatcmpl-test","object":"chat.completion.chunk","created":1790000001,"model":"gpt-é","choices":[{"index":0,"delta":{';
    const tail = '},"logprobs":null,"finish_reason":null}]}\n\n';
    expect([created, delta('Hé'), delta(' "you"'), completed()].map((event) => writer.write(event))).toEqual([
      '',
      bytesOf(`${head}"role":"assistant","content":"Hé"${tail}`),
      bytesOf(`${head}"content":" \\"you\\""${tail}`),
      bytesOf(`${head}},"logprobs":null,"finish_reason":"stop"}]}\n\n`),
    ]);
    expect(writer.end()).toBe('data: [DONE]\n\n');
  });

  test.each(['\\u00e9\\ud83d\\ude00', 'é', '\\/\\b', '\u2028'])(
    'carries %j in the very bytes the upstream used',
    (raw) => {
      const writer = createChatWriter(chatOptions);
      const event = eventFromText(
        `{"type":"response.output_text.delta","item_id":"m","content_index":0,"delta":"${raw}"}`,
      );
      expect(writer.write(event)).toContain(`"content":"${bytesOf(raw)}"`);
    },
  );

  test('is never what the upstream sent', () => {
    expect(createChatWriter(chatOptions).isVerbatim(delta('x'))).toBe(false);
  });

  test('with include_usage every chunk has a usage: null, and the last one the counts and no choice', () => {
    const usage = { input_tokens: 3, output_tokens: 0 };
    const counts = { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 };
    const payloads = readChatStream(streamed([delta('a'), completed({ usage })]));
    expect(
      payloads.map((payload) => (payload === '[DONE]' ? payload : [payload['choices'], payload['usage']])),
    ).toEqual([
      [[{ index: 0, delta: { role: 'assistant', content: 'a' }, logprobs: null, finish_reason: null }], null],
      [[{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], null],
      [[], counts],
      '[DONE]',
    ]);
  });

  test('S7: unknown usage is not told at all', () => {
    expect(readChatStream(streamed([delta('a'), completed()])).at(-2)).toMatchObject({ usage: null });
    expect(readChatStream(streamed([delta('a'), completed()]))).toHaveLength(3);
  });

  test('without include_usage no chunk speaks of usage', () => {
    const usage = { input_tokens: 3, output_tokens: 4 };
    expect(streamed([delta('a'), completed({ usage })], { includeUsage: false })).not.toContain('usage');
  });

  test('the last chunk tells the service tier', () => {
    const payloads = readChatStream(streamed([delta('a'), completed({ service_tier: 'priority' })]));
    expect(payloads.map((payload) => (payload === '[DONE]' ? payload : payload['service_tier']))).toEqual([
      undefined,
      'priority',
      '[DONE]',
    ]);
  });
});

describe('tool calls', () => {
  test('S1: a recorded call is announced once and its arguments follow once', async () => {
    const piece = (text: string) => ({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    expect(await deltasOf('function-call', { includeUsage: false })).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, id: 'call_f1', type: 'function', function: { name: 'read_tide', arguments: '' } }],
      },
      ...['{"', 'port', '":"', 'Bergen', '"}'].map(piece),
      [{}, 'tool_calls'],
      '[DONE]',
    ]);
  });

  test('a declared custom tool is called in the custom form', async () => {
    expect(await deltasOf('custom-tool-call', { includeUsage: false, customTools: new Set(['shout']) })).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ index: 0, id: 'call_f9', type: 'custom', custom: { name: 'shout', input: '' } }],
      },
      { tool_calls: [{ index: 0, custom: { input: 'LAND ' } }] },
      { tool_calls: [{ index: 0, custom: { input: '"AHOY"' } }] },
      [{}, 'tool_calls'],
      '[DONE]',
    ]);
  });

  test('a client of legacy functions gets function_call, and only the first call', async () => {
    expect(await deltasOf('parallel-calls', { includeUsage: false, legacyFunctions: true })).toEqual([
      { role: 'assistant', content: null, function_call: { name: 'read_tide', arguments: '' } },
      { function_call: { arguments: '{"port":' } },
      { function_call: { arguments: '"Bergen"}' } },
      [{}, 'function_call'],
      '[DONE]',
    ]);
  });
});

describe('the end of a stream', () => {
  test('an answer without any output is an empty text', () => {
    expect(readChatStream(streamed([created, completed()], { includeUsage: false }))).toMatchObject([
      { choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: 'stop' }] },
      '[DONE]',
    ]);
  });

  test('S6: a failure is one error event and no [DONE]', () => {
    const writer = createChatWriter(chatOptions);
    writer.write(delta('half an ans'));
    expect(writer.fail(new AppError('upstream_incomplete', 'Cut off — sorry.'))).toBe(
      bytesOf(
        'data: {"error":{"message":"Cut off — sorry.","type":"server_error","code":"upstream_incomplete","param":null}}\n\n',
      ),
    );
  });

  test('S6: a second terminal event says nothing', () => {
    const once = streamed([delta('a'), completed()]);
    expect(streamed([delta('a'), completed(), completed()])).toBe(once);
  });
});
