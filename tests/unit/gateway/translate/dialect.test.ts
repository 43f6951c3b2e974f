import { describe, expect, test } from 'bun:test';
import type { ResponsesBody } from '../../../../server/contract/responses-body.ts';
import { toLite, toStandard } from '../../../../server/gateway/translate/dialect.ts';
import { compactionBody, liteBody, standardBody } from './codex-bodies.ts';

const lite = liteBody as unknown as ResponsesBody;
const standard = standardBody as unknown as ResponsesBody;
const functionTool = { type: 'function', name: 'f', strict: false, parameters: {} };

const translated: ResponsesBody = {
  model: 'm',
  instructions: 'Be brief.',
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'u', detail: 'high' }] }],
  tools: [functionTool, { type: 'web_search' }],
  tool_choice: 'required',
  parallel_tool_calls: true,
  reasoning: { effort: 'low' },
  store: false,
  stream: true,
};

test('a standard body in Lite has neither instructions nor tools outside of its input', () => {
  expect(toLite(translated)).toEqual({
    model: 'm',
    input: [
      { type: 'additional_tools', role: 'developer', tools: [functionTool] },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'u' }] },
    ],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { effort: 'low', context: 'all_turns' },
    store: false,
    stream: true,
  });
});

test('without tools there is no item for them', () => {
  const { tools: _, ...rest } = translated;
  expect(toLite(rest).input.map((item) => item.type)).toEqual(['message', 'message']);
});

describe('a body that already is of the dialect is not changed', () => {
  test.each([
    ['lite', lite],
    ['lite with a compaction', compactionBody as unknown as ResponsesBody],
  ])('%s', (_, body) => {
    expect(toLite(body)).toEqual(body);
  });
  test('standard, but for the instructions that every standard request has', () => {
    const named = { ...standard, instructions: 'Be brief.' };
    expect(toStandard(named)).toEqual(named);
  });
});

test('a Lite body of the CLI in the standard dialect: plain tools, instructions, no namespace, no context', () => {
  const { input, ...rest } = toStandard(lite);
  const functions = (liteBody.input[0] as { tools: { tools: unknown[] }[] }).tools[0]?.tools;
  const { instructions, tools, reasoning } = rest;
  expect({ instructions, tools: tools as unknown, reasoning }).toEqual({
    instructions: 'You are a coding agent.',
    tools: functions,
    reasoning: { effort: 'low' },
  });
  expect(input.map((item) => [item.type, item['role'] ?? item['namespace']])).toEqual([
    ['message', 'user'],
    ['message', 'user'],
    ['reasoning', undefined],
    ['custom_tool_call', undefined],
    ['custom_tool_call_output', undefined],
  ]);
});

test('back again, what Lite can express is as it was', () => {
  const expressible: ResponsesBody = {
    ...translated,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    tools: [functionTool],
    tool_choice: 'auto',
    parallel_tool_calls: false,
  };
  expect(toStandard(toLite(expressible))).toEqual(expressible);
});
