import { expect, test } from 'bun:test';
import { parseResponsesRequest } from '../../../../server/contract/responses.ts';
import { AppError } from '../../../../server/core/errors.ts';
import { responsesFields, responsesFieldsMarkdown } from '../../../../server/gateway/translate/responses-fields.ts';
import { shapeResponsesRequest } from '../../../../server/gateway/translate/responses-request.ts';

/** The properties of the public request, as the official client's types declare them. */
async function publicFields(): Promise<string[]> {
  const file = new URL('../../../../node_modules/openai/resources/responses/responses.d.ts', import.meta.url);
  const text = await Bun.file(file).text();
  const start = text.indexOf('export interface ResponseCreateParamsBase {');
  const declaration = text.slice(start, text.indexOf('\n}', start)).replace(/\/\*[\s\S]*?\*\//g, '');
  return [...declaration.matchAll(/^ {4}(\w+)\??:/gm)].map((match) => match[1] ?? '');
}

/** A value for each field that differs from leaving the field out. The model is resolved before, by its id. */
const samples: Record<string, unknown> = {
  access_programs: { cyber: true },
  background: true,
  client_metadata: { thread_id: 't' },
  context_management: [{ type: 'compaction', compact_threshold: 1000 }],
  conversation: 'conv_1',
  image: {},
  include: ['web_search_call.action.sources'],
  input: 'Bye',
  instructions: 'Be brief.',
  max_output_tokens: 5,
  max_tool_calls: 5,
  metadata: { a: 'b' },
  moderation: { model: 'omni-moderation-latest' },
  parallel_tool_calls: false,
  previous_response_id: 'resp_1',
  prompt: { id: 'pmpt_1' },
  prompt_cache_key: 'mine',
  prompt_cache_options: { mode: 'explicit' },
  prompt_cache_retention: '24h',
  reasoning: { effort: 'high' },
  safety_identifier: 'someone',
  service_tier: 'priority',
  store: false,
  stream: true,
  stream_options: { include_obfuscation: false },
  temperature: 0.2,
  text: { verbosity: 'low' },
  tool_choice: 'none',
  tools: [{ type: 'function', name: 'f' }],
  top_logprobs: 3,
  top_p: 0.5,
  truncation: 'auto',
  user: 'someone',
};

function shape(fields: Record<string, unknown>) {
  const context = { isCodexClient: true, hasLiteHeader: false, model: { slug: 'm', efforts: [] }, promptCacheKey: 'k' };
  return shapeResponsesRequest(parseResponsesRequest({ model: 'm', input: 'Hi', ...fields }), context);
}

test('S4: every field of the public request has a written rule', async () => {
  const fields = await publicFields();
  expect(fields.length).toBeGreaterThan(25);
  expect(fields.filter((field) => !(field in responsesFields))).toEqual([]);
});

test.each(Object.entries(responsesFields).filter(([field]) => field !== 'model'))(
  'S4: %s does what its rule says',
  (field, { rule }) => {
    const run = () => shape({ [field]: samples[field] });
    expect(samples[field]).toBeDefined();
    if (rule === 'ignored') expect(run()).toEqual(shape({}));
    else if (rule === 'translated') expect(run()).not.toEqual(shape({}));
    else {
      let problem: unknown;
      try {
        run();
      } catch (error) {
        problem = error instanceof AppError ? [error.status, error.details.param] : error;
      }
      expect(problem).toEqual([400, field]);
    }
  },
);

test('the table of the documentation has a row per field', () => {
  const rows = responsesFieldsMarkdown().match(/^\| `\w+` \| (translated|ignored|refused) \| .+ \|$/gm) ?? [];
  expect(rows).toHaveLength(Object.keys(responsesFields).length);
});
