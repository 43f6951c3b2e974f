import { describe, expect, test } from 'bun:test';
import { parseChatRequest } from '../../../../server/contract/chat.ts';
import { parseResponsesRequest } from '../../../../server/contract/responses.ts';
import { conversationKey, derivedCacheKey } from '../../../../server/gateway/translate/affinity-key.ts';
import { chatToResponses } from '../../../../server/gateway/translate/chat-request.ts';
import { shapeResponsesRequest } from '../../../../server/gateway/translate/responses-request.ts';

const model = { slug: 'm', efforts: [] };

function chat(...messages: unknown[]) {
  return chatToResponses(parseChatRequest({ model: 'm', messages }), { model, promptCacheKey: 'unused' }).body;
}
function responses(input: unknown, instructions?: string) {
  const request = parseResponsesRequest({ model: 'm', input, instructions });
  return shapeResponsesRequest(request, { isCodexClient: false, hasLiteHeader: false, model }).body;
}
const user = (content: unknown) => ({ role: 'user', content });
const system = (content: string) => ({ role: 'system', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('A5: the derived cache key', () => {
  const key = derivedCacheKey('key_1', responses('Hi', 'Be brief.'));

  test.each([
    ['a later turn', responses([user('Hi'), assistant('Hello'), user('More')], 'Be brief.')],
    ['the same over chat', chat(system('Be brief.'), user('Hi'))],
    ['a later turn over chat', chat(system('Be brief.'), user('Hi'), assistant('Hello'), user('More'))],
    ['the system text as a developer message', responses([{ role: 'developer', content: 'Be brief.' }, user('Hi')])],
    [
      'the system text as a system message',
      responses([system('Be brief.'), user([{ type: 'input_text', text: 'Hi' }])]),
    ],
  ])('is the same for %s', (_, body) => {
    expect(derivedCacheKey('key_1', body)).toBe(key);
  });
  test.each([
    ['another client key', 'key_2', responses('Hi', 'Be brief.')],
    ['another first message', 'key_1', responses('Ho', 'Be brief.')],
    ['other instructions', 'key_1', responses('Hi', 'Be long.')],
    ['no instructions', 'key_1', responses('Hi')],
    ['the border of the two moved', 'key_1', responses('.Hi', 'Be brief')],
    [
      'another image',
      'key_1',
      responses(
        [
          user([
            { type: 'input_text', text: 'Hi' },
            { type: 'input_image', image_url: 'u' },
          ]),
        ],
        'Be brief.',
      ),
    ],
  ])('differs for %s', (_, keyId, body) => {
    expect(derivedCacheKey(keyId, body)).not.toBe(key);
  });
  test('is the same without instructions over both APIs, where each puts in its own default', () => {
    expect(derivedCacheKey('key_1', chat(user('Hi')))).toBe(derivedCacheKey('key_1', responses('Hi')));
  });
  test('is short enough for the upstream', () => {
    expect(key).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('A5: the key of a conversation', () => {
  const of = (options: Partial<Parameters<typeof conversationKey>[0]> = {}) =>
    conversationKey({ clientKeyId: 'key_1', body: responses('Hi'), ...options });

  test('goes by the session, else the cache key, else the opening', () => {
    const keys = [
      of({ sessionId: 's', promptCacheKey: 'c' }),
      of({ sessionId: 's', body: responses('Ho') }),
      of({ promptCacheKey: 'c' }),
      of({ promptCacheKey: 's' }),
      of(),
    ];
    expect(keys.map((key) => key.isExplicit)).toEqual([true, true, true, true, false]);
    expect(keys[0]?.key).toBe(keys[1]?.key ?? '');
    expect(new Set(keys.map((key) => key.key)).size).toBe(4);
  });
  test('never meets the one of another client key', () => {
    expect(of({ sessionId: 's', clientKeyId: 'key_2' }).key).not.toBe(of({ sessionId: 's' }).key);
  });
  test.each([
    ['a question', responses('Hi'), true],
    ['two questions in a row', responses([user('Hi'), user('and')]), true],
    ['an answer', responses([user('Hi'), assistant('Hello'), user('More')]), false],
    ['a call', responses([user('Hi'), { type: 'function_call', call_id: 'c', name: 'f', arguments: '' }]), false],
    ['a compaction', responses([{ type: 'compaction', encrypted_content: 'g' }, user('Hi')]), false],
  ])('knows the first turn: %s', (_, body, expected) => {
    expect(of({ body }).isFirstTurn).toBe(expected);
  });
});
