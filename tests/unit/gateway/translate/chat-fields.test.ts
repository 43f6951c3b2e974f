import { describe, expect, test } from 'bun:test';
import {
  type ChatFieldRule,
  chatFields,
  chatFieldsMarkdown,
  extraChatFields,
} from '../../../../server/gateway/translate/chat-fields.ts';
import { refusalOf, translate } from './translate-chat.ts';

/** The properties of the public request, as the official client's types declare them. */
async function publicFields(): Promise<string[]> {
  const file = new URL('../../../../node_modules/openai/resources/chat/completions/completions.d.ts', import.meta.url);
  const text = await Bun.file(file).text();
  const start = text.indexOf('export interface ChatCompletionCreateParamsBase {');
  const declaration = text.slice(start, text.indexOf('\n}', start)).replace(/\/\*[\s\S]*?\*\//g, '');
  return [...declaration.matchAll(/^ {4}(\w+)\??:/gm)].map((match) => match[1] ?? '');
}

/** A value for each field that an unmodified client could send and that differs from leaving the field out. */
const samples: Record<string, unknown> = {
  model: 'another',
  messages: [{ role: 'user', content: 'Bye' }],
  stream: true,
  stream_options: { include_usage: true },
  tools: [{ type: 'function', function: { name: 'f' } }],
  tool_choice: 'none',
  parallel_tool_calls: false,
  functions: [{ name: 'f' }],
  function_call: 'none',
  web_search_options: {},
  response_format: { type: 'json_object' },
  verbosity: 'low',
  reasoning_effort: 'high',
  service_tier: 'priority',
  prompt_cache_key: 'mine',
  reasoning: { effort: 'high' },
  reasoning_summary: 'none',
  n: 2,
  audio: { voice: 'alloy', format: 'wav' },
  modalities: ['text', 'audio'],
  moderation: { model: 'omni-moderation-latest' },
  frequency_penalty: 1,
  logit_bias: { 50256: -100 },
  logprobs: true,
  max_completion_tokens: 5,
  max_tokens: 5,
  metadata: { a: 'b' },
  prediction: { type: 'content', content: 'x' },
  presence_penalty: 1,
  prompt_cache_options: { mode: 'explicit' },
  prompt_cache_retention: '24h',
  safety_identifier: 'someone',
  seed: 7,
  stop: ['END'],
  store: true,
  temperature: 0.2,
  top_logprobs: 3,
  top_p: 0.5,
  user: 'someone',
};

/** What a field needs beside it to mean anything. */
const companions: Record<string, Record<string, unknown>> = {
  stream_options: { stream: true },
  tool_choice: { tools: samples['tools'] },
  function_call: { functions: samples['functions'] },
};

/** All that a translation decides, as comparable values. The model's id is resolved before, so the slug follows it. */
function outcomeOf(fields: Record<string, unknown>): unknown {
  const slug = typeof fields['model'] === 'string' ? fields['model'] : 'gpt-6-sol';
  const { body, includeUsage, stream, declaredCustomTools, legacyFunctions } = translate(fields, {
    model: { slug, efforts: ['low', 'medium', 'high'], defaultEffort: 'medium' },
    promptCacheKey: 'derived',
  });
  return { body, includeUsage, stream, declaredCustomTools, legacyFunctions };
}

const all = { ...chatFields, ...extraChatFields };
const fieldsWith = (rule: ChatFieldRule) => Object.keys(all).filter((field) => all[field]?.rule === rule);

test('every field of the public request has a rule, and no rule is for a field that is not public', async () => {
  const fields = await publicFields();
  expect(fields.length).toBeGreaterThan(30);
  expect(Object.keys(chatFields).sort()).toEqual(fields.sort());
});

test('every field has a sample below', () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(all).sort());
});

describe('S4: an ignored field changes nothing', () => {
  test.each(fieldsWith('ignored'))('%s', (field) => {
    expect(outcomeOf({ [field]: samples[field] })).toEqual(outcomeOf({}));
  });
});

describe('S4: a refused field is a 400 that names it', () => {
  test.each(fieldsWith('refused'))('%s', (field) => {
    expect(refusalOf({ [field]: samples[field] })).toEqual({
      status: 400,
      code: expect.stringMatching(/^unsupported_(value|parameter)$/) as never,
      param: field,
    });
  });
  test('what asks for nothing special is accepted', () => {
    expect(outcomeOf({ n: 1, audio: null, modalities: ['text'], moderation: null })).toEqual(outcomeOf({}));
  });
});

describe('a translated field makes a difference', () => {
  test.each(fieldsWith('translated'))('%s', (field) => {
    const companion = companions[field] ?? {};
    expect(outcomeOf({ ...companion, [field]: samples[field] })).not.toEqual(outcomeOf(companion));
  });
});

test('the document has a row for every field', () => {
  const rows = [...chatFieldsMarkdown().matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map((match) => [match[1], match[2]]);
  expect(rows).toEqual(Object.entries(all).map(([field, { rule }]) => [field, rule]));
});
