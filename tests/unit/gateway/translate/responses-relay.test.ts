import { describe, expect, test } from 'bun:test';
import { AppError } from '../../../../server/core/errors.ts';
import { recordOf } from '../../../../server/gateway/translate/json-values.ts';
import type { EventJson } from '../../../../server/gateway/upstream-event.ts';
import { toUpstreamEvent } from '../../../../server/gateway/upstream-event.ts';
import { createRelay, readEvents, relayed } from '../../../support/relay-answer.ts';
import { eventFromText, eventOf, recordedEvents } from '../../../support/upstream-events.ts';

const recordings = [
  'text',
  'function-call',
  'custom-tool-call',
  'parallel-calls',
  'reasoning-then-text',
  'web-search-then-text',
];
const privateEvents: EventJson[] = [
  { type: 'codex.rate_limits', rate_limits: {} },
  { type: 'codex.response.metadata', headers: { 'x-codex-turn-state': 'ts', 'OpenAI-Model': 'other' } },
  { type: 'response.metadata', headers: {}, metadata: { a: 1 } },
  { type: 'keepalive', sequence_number: 3 },
  { type: 'responsesapi.websocket_timing' },
];
const responseEvent = (type: string, response: Record<string, unknown> = {}): EventJson => ({
  type,
  sequence_number: 9,
  response: { id: 'resp_1', ...response },
});

describe.each([true, false])('Codex client: %p', (isCodexClient) => {
  test.each(recordings)('%s: all events but those with a response pass untouched, byte for byte', async (name) => {
    const { writer, pass } = createRelay({ isCodexClient });
    for (const event of await recordedEvents(name)) {
      const text = pass(event);
      const carriesResponse = 'response' in event.json();
      expect(writer.isVerbatim(event)).toBe(!carriesResponse);
      if (!carriesResponse) expect(text).toBe(`event: ${event.type}\ndata: ${event.data}\n\n`);
    }
    expect(writer.end()).toBe('');
  });

  test.each(recordings)('S8: %s: the empty output of the terminal event is filled from the items', async (name) => {
    const events = await recordedEvents(name);
    const items = events
      .filter((event) => event.type === 'response.output_item.done')
      .sort((one, other) => Number(one.json()['output_index']) - Number(other.json()['output_index']))
      .map((event) => event.json()['item']);
    const last = relayed(events, { isCodexClient }).at(-1);
    expect(items.length).toBeGreaterThan(0);
    expect(last).toMatchObject({ type: 'response.completed', response: { output: items } });
  });

  test('nobody learns the upstream user: safety_identifier is blanked in every response object', () => {
    const types = [
      'response.created',
      'response.in_progress',
      'response.queued',
      'response.completed',
      'response.incomplete',
      'response.failed',
    ];
    const events = types.map((type) => eventOf(responseEvent(type, { safety_identifier: 'user-1' })));
    const seen = relayed(events, { isCodexClient }).map(
      (event) => (event['response'] as Record<string, unknown>)['safety_identifier'],
    );
    expect(seen).toEqual(types.map(() => null));
  });

  test('the old name of the terminal event is replaced', () => {
    const [event] = relayed([eventOf(responseEvent('response.done'))], { isCodexClient });
    expect(event?.['type']).toBe('response.completed');
  });
});

test('S16: private events never reach a client that is not Codex', () => {
  expect(relayed(privateEvents.map(eventOf))).toEqual([]);
});

test('a Codex client gets them, but for the quota of one account and the name of the served model', () => {
  const [, , metadata, keepalive, timing] = privateEvents;
  const expected = [
    { type: 'codex.response.metadata', headers: { 'x-codex-turn-state': 'ts' } },
    metadata,
    keepalive,
    timing,
  ];
  expect(relayed(privateEvents.map(eventOf), { isCodexClient: true })).toEqual(expected as never);
});

describe('the response object of a client that is not Codex', () => {
  const upstream = {
    access_programs: null,
    headers: { 'openai-model': 'm' },
    usage: { attribution: { items: {} }, input_tokens: 1 },
    store: false,
    previous_response_id: null,
    model: 'm',
  };
  const relay = (options: Parameters<typeof relayed>[1]) =>
    relayed([eventOf(responseEvent('response.created', upstream))], options)[0];

  test('has no private parts, and says of storing what is true here', () => {
    expect(relay({ keepsResponse: true, previousResponseId: 'resp_0' })).toEqual(
      responseEvent('response.created', {
        usage: { input_tokens: 1 },
        store: true,
        previous_response_id: 'resp_0',
        model: 'm',
      }),
    );
  });
  test('while Codex keeps all but the header that makes it warn of a rerouting', () => {
    expect(relay({ isCodexClient: true })).toEqual(responseEvent('response.created', { ...upstream, headers: {} }));
  });
});

describe('S8: the output of the terminal event', () => {
  const done = (index: number, item: object) =>
    eventOf({ type: 'response.output_item.done', output_index: index, item });
  const outputOf = (...events: Parameters<typeof relayed>[0]) =>
    recordOf(relayed(events).at(-1)?.['response'])['output'];

  test('is in the order of the output indices', () => {
    expect(
      outputOf(
        done(1, { type: 'message', id: 'b' }),
        done(0, { type: 'message', id: 'a' }),
        eventOf(responseEvent('response.incomplete', { output: [] })),
      ),
    ).toEqual([
      { type: 'message', id: 'a' },
      { type: 'message', id: 'b' },
    ]);
  });
  test('is left as it is when there is one, but for missing ids', () => {
    const output = [
      { type: 'message', id: 'a' },
      { type: 'function_call', call_id: 'c' },
    ];
    expect(
      outputOf(done(0, { type: 'message', id: 'z' }), eventOf(responseEvent('response.completed', { output }))),
    ).toEqual([
      { type: 'message', id: 'a' },
      { type: 'function_call', call_id: 'c', id: 'fc_1_1' },
    ]);
  });
});

test('text outside of ASCII survives the rewriting and the copying', () => {
  const words = `ü 漢字 😀 ${String.fromCharCode(0x2028)}`;
  const delta = eventOf({ type: 'response.output_text.delta', delta: words });
  const completed = eventOf(responseEvent('response.completed', { instructions: words }));
  expect(
    relayed([delta, completed]).map(
      (event) => event['delta'] ?? (event['response'] as { instructions: string }).instructions,
    ),
  ).toEqual([words, words]);
});

test('data that came in several lines goes out as one event', () => {
  const event = toUpstreamEvent({ data: '{"type":"response.output_text.done",\n"text":"a"}' });
  const { pass } = createRelay();
  expect(event && readEvents(pass(event))).toEqual([{ type: 'response.output_text.done', text: 'a' }]);
});

describe('F8, S6: a failure after output', () => {
  const error = new AppError('upstream_incomplete', 'The upstream was cut off.');
  const created = eventOf({ type: 'response.created', sequence_number: 0, response: { id: 'resp_1' } });
  const delta = eventFromText('{"type":"response.output_text.delta","delta":"a","sequence_number":4}');
  const failure = (options: Parameters<typeof createRelay>[0], ...events: (typeof created)[]) => {
    const { pass, writer } = createRelay(options);
    for (const event of events) pass(event);
    return writer.fail(error);
  };

  test('is an error event that continues the count, for an SDK', () => {
    expect(failure({}, created, delta)).toBe(
      'event: error\ndata: {"type":"error","code":"upstream_incomplete","message":"The upstream was cut off.","param":null,"sequence_number":5}\n\n',
    );
  });
  test('also when the event that broke the answer cannot be read', () => {
    const broken = toUpstreamEvent({ data: '{"type":"response.output_text.delta","delta":' });
    expect(readEvents(failure({}, ...(broken ? [broken] : [])))).toEqual([
      {
        type: 'error',
        code: 'upstream_incomplete',
        message: 'The upstream was cut off.',
        param: null,
        sequence_number: 0,
      },
    ]);
  });
  test('is a failed response for the Codex CLI, which then sends its turn again', () => {
    expect(readEvents(failure({ isCodexClient: true }, created, delta))).toEqual([
      {
        type: 'response.failed',
        response: {
          id: 'resp_1',
          status: 'failed',
          error: { code: 'upstream_incomplete', message: 'The upstream was cut off.' },
        },
      },
    ]);
  });
  test('is an error event for the Codex CLI too, before the id of the response is known', () => {
    expect(readEvents(failure({ isCodexClient: true }))).toMatchObject([
      { type: 'error', code: 'upstream_incomplete' },
    ]);
  });
});
