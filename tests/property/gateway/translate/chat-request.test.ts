import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseChatRequest } from '../../../../server/contract/chat.ts';
import type { ResponsesItem } from '../../../../server/contract/responses-body.ts';
import { chatToResponses } from '../../../../server/gateway/translate/chat-request.ts';
import { createToolNames } from '../../../../server/gateway/translate/tool-names.ts';

const legal = /^[A-Za-z0-9_-]{1,64}$/;
/** Few ids, so that they clash, miss and repeat; some that the upstream does not take. */
const callId = fc.constantFrom('a', 'b', 'call_0', 'x'.repeat(80), 'functions.f:0');
const toolName = fc.constantFrom('f', 'a.b', 'a b', 'a_b', `mcp__${'s'.repeat(70)}__f`);

const call = fc.oneof(
  fc.record({
    id: callId,
    type: fc.constant('function'),
    function: fc.record({ name: toolName, arguments: fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.integer())) }),
  }),
  fc.record({ id: callId, type: fc.constant('custom'), custom: fc.record({ name: toolName, input: fc.string() }) }),
);
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer', 'user'), content: fc.string() }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.option(fc.string()),
    tool_calls: fc.array(call, { maxLength: 3 }),
  }),
  fc.record({ role: fc.constant('assistant'), function_call: fc.record({ name: toolName, arguments: fc.string() }) }),
  fc.record({ role: fc.constant('tool'), tool_call_id: callId, content: fc.string() }),
  fc.record({ role: fc.constant('function'), name: toolName, content: fc.option(fc.string()) }),
);

const isCall = ({ type }: ResponsesItem) => type === 'function_call' || type === 'custom_tool_call';

test('F6, S14: whatever the history, each call has one output of its kind after it, and all ids and names are legal', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (messages) => {
      const { body } = chatToResponses(parseChatRequest({ model: 'm', messages }), {
        model: { slug: 'm', efforts: [] },
        promptCacheKey: 'k',
      });
      const calls = body.input.filter(isCall);
      const outputs = body.input.filter(({ type }) => type.endsWith('_output'));
      expect(calls.every((item) => legal.test(String(item['call_id'])) && legal.test(String(item['name'])))).toBe(true);
      expect(new Set(calls.map((item) => item['call_id'])).size).toBe(calls.length);
      expect(outputs.length).toBe(calls.length);
      for (const item of calls) {
        const matches = outputs.filter((output) => output['call_id'] === item['call_id']);
        expect(matches.map(({ type }) => type)).toEqual([`${item.type}_output`]);
        const [output] = matches;
        expect(output && body.input.indexOf(output) > body.input.indexOf(item)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('S14: tool names are mapped one to one onto legal names and come back unchanged', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.oneof(toolName, fc.string({ minLength: 1, maxLength: 80 }))), (given) => {
      const names = createToolNames(given);
      const upstream = given.map(names.toUpstream);
      expect(upstream.every((name) => legal.test(name))).toBe(true);
      expect(new Set(upstream).size).toBe(given.length);
      expect(upstream.map(names.toClient)).toEqual(given);
    }),
    { numRuns: 500 },
  );
});
