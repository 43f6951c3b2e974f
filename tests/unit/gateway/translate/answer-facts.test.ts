import { describe, expect, test } from 'bun:test';
import { unknownUsage } from '../../../../server/contract/usage.ts';
import type { EventJson, UpstreamEvent } from '../../../../server/gateway/upstream-event.ts';
import { createAnswerFacts } from '../../../../server/gateway/translate/answer-facts.ts';
import { eventOf, recordedEvents } from '../../../support/upstream-events.ts';

function observe(...events: EventJson[]) {
  const facts = createAnswerFacts({ keepItems: true });
  for (const event of events) facts.observe(eventOf(event));
  return facts;
}

const usage = { input_tokens: 5, input_tokens_details: { cached_tokens: 0 }, output_tokens: 2 };

test('before any event nothing is known', () => {
  const facts = createAnswerFacts({ keepItems: true });
  expect(facts).toMatchObject({
    responseId: null,
    servedModel: null,
    status: null,
    incompleteReason: null,
    usage: unknownUsage,
    items: [],
    encryptedContents: [],
    turnState: null,
    rateLimits: null,
    failure: null,
    terminal: null,
    lastEvent: null,
  });
});

test('S7, S13: a finished answer tells its id, served model, status and usage', () => {
  const terminal = { id: 'resp_1', model: 'gpt-6-luna', status: 'completed', usage };
  const facts = observe(
    { type: 'response.created', response: { id: 'resp_1', model: 'gpt-6-luna', status: 'in_progress' } },
    { type: 'response.completed', response: terminal },
  );
  expect([facts.responseId, facts.servedModel, facts.status, facts.usage, facts.terminal]).toEqual([
    'resp_1',
    'gpt-6-luna',
    'completed',
    { inputTokens: 5, cachedTokens: 0, cacheWriteTokens: null, outputTokens: 2, reasoningTokens: null, totalTokens: 7 },
    terminal,
  ]);
});

test('an incomplete answer tells why', () => {
  const facts = observe({
    type: 'response.incomplete',
    response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
  });
  expect([facts.status, facts.incompleteReason, facts.failure]).toEqual(['incomplete', 'max_output_tokens', null]);
});

test.each([
  [{ type: 'response.failed', response: { status: 'failed', error: { code: 'x' } } }],
  [{ type: 'error', error: { code: 'x' } }],
])('a failure is kept as it came, and there is no terminal event: %j', (event) => {
  const facts = observe({ type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } }, event);
  expect([facts.responseId, facts.status, facts.failure, facts.terminal]).toEqual(['resp_1', 'failed', event, null]);
});

test('items are kept in the order of their output index, whatever order they finished in', () => {
  const item = (index: number) => ({
    type: 'response.output_item.done',
    output_index: index,
    item: { type: 'message', id: `msg_${index}` },
  });
  expect(observe(item(1), item(0), item(2)).items.map((kept) => kept['id'])).toEqual(['msg_0', 'msg_1', 'msg_2']);
});

test('encrypted contents of reasoning and compactions are kept, also without the items', () => {
  const facts = createAnswerFacts({ keepItems: false });
  const contents = ['gA', null, 'gB'];
  contents.forEach((encrypted_content, output_index) => {
    facts.observe(
      eventOf({ type: 'response.output_item.done', output_index, item: { type: 'reasoning', encrypted_content } }),
    );
  });
  expect([facts.encryptedContents, facts.items]).toEqual([['gA', 'gB'], []]);
});

test.each(['response.metadata', 'codex.response.metadata'])('the turn state is read from the headers of %s', (type) => {
  expect(observe({ type, headers: { 'X-Codex-Turn-State': 'ts-1', 'openai-model': 'm' } }).turnState).toBe('ts-1');
  expect(observe({ type, headers: { 'x-codex-turn-state': ['ts-2'] } }, { type, headers: {} }).turnState).toBe('ts-2');
});

test('the last rate limits are kept', () => {
  const limits = (used: number) => ({ type: 'codex.rate_limits', rate_limits: { primary: { used_percent: used } } });
  expect(observe(limits(1), limits(2)).rateLimits).toEqual(limits(2));
});

describe('what is not needed is not parsed', () => {
  /** An event that must not be parsed. */
  const unparsed = (type: string, data = '{}'): UpstreamEvent => ({
    type,
    isDelta: type.endsWith('.delta'),
    data,
    json: () => {
      throw new Error(`${type} was parsed`);
    },
  });
  test.each([
    ['a delta', unparsed('response.output_text.delta')],
    [
      'an item without encrypted content, when items are not kept',
      unparsed('response.output_item.done', '{"item":{"result":"\\"encrypted_content\\""}}'),
    ],
    ['a part', unparsed('response.content_part.done')],
  ])('%s', (_, event) => {
    const facts = createAnswerFacts({ keepItems: false });
    facts.observe(event);
    expect(facts.lastEvent).toBe(event);
  });
});

test('a recorded stream: everything is found', async () => {
  const facts = createAnswerFacts({ keepItems: true });
  for (const event of await recordedEvents('reasoning-then-text')) facts.observe(event);
  expect([facts.responseId, facts.status, facts.items.map((item) => item.type)]).toEqual([
    'resp_f1',
    'completed',
    ['reasoning', 'message'],
  ]);
  expect(facts.usage.outputTokens).toBeGreaterThan(0);
  expect(facts.encryptedContents).toHaveLength(1);
});
