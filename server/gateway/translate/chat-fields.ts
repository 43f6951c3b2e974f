/**
 * - `translated`: it reaches the upstream, or shapes the answer.
 * - `ignored`: accepted and left out, because the upstream has no such setting and real clients send it all the time.
 * - `refused`: a 400 that names the field, because the answer would not be what was asked for.
 */
export type ChatFieldRule = 'translated' | 'ignored' | 'refused';

const rejected = 'The upstream rejects it.';

/** What happens to each field of a Chat Completions request. `docs/chat-fields.md` is written from this table. */
export const chatFields: Readonly<Record<string, { rule: ChatFieldRule; note: string }>> = {
  model: { rule: 'translated', note: 'Required. Aliases may carry an effort or a tier.' },
  messages: {
    rule: 'translated',
    note: 'Required. System and developer messages before the first user message become the instructions. Text, images and files (`file_data`) are sent; `input_audio` and `file_id` are a 400. Tool outputs without a call become user messages, calls without an output get `aborted`.',
  },
  stream: { rule: 'translated', note: 'The upstream always streams; a whole answer is put together here.' },
  stream_options: { rule: 'translated', note: '`include_usage` adds the usage chunk. Other options are ignored.' },
  tools: {
    rule: 'translated',
    note: '`function`, `custom` and `web_search`; other types are a 400. Names over 64 characters are shortened and restored in the answer.',
  },
  tool_choice: { rule: 'translated', note: 'A 400 when it insists on a tool that is not declared.' },
  parallel_tool_calls: { rule: 'translated', note: 'Default `true`; with legacy `functions` alone `false`.' },
  functions: { rule: 'translated', note: 'Legacy; sent as function tools.' },
  function_call: { rule: 'translated', note: 'Legacy; sent as `tool_choice`.' },
  web_search_options: { rule: 'translated', note: 'Adds the hosted web search tool.' },
  response_format: { rule: 'translated', note: 'Becomes `text.format`.' },
  verbosity: { rule: 'translated', note: 'Becomes `text.verbosity`.' },
  reasoning_effort: {
    rule: 'translated',
    note: '`minimal` is sent as `low`, `ultra` as `max` or `xhigh`; what the model does not take becomes the nearest lower effort.',
  },
  service_tier: { rule: 'translated', note: '`priority` (or `fast`) and `flex` are sent, other values are ignored.' },
  prompt_cache_key: {
    rule: 'translated',
    note: 'Over 64 characters: its SHA-256. Absent: derived from the conversation.',
  },

  n: { rule: 'refused', note: 'More than 1 is a 400.' },
  audio: { rule: 'refused', note: 'The upstream answers in text only.' },
  modalities: { rule: 'refused', note: '`audio` is a 400; `["text"]` is accepted.' },
  moderation: { rule: 'refused', note: 'The upstream has no such step, and leaving it out silently would be unsafe.' },

  frequency_penalty: { rule: 'ignored', note: rejected },
  logit_bias: { rule: 'ignored', note: rejected },
  logprobs: { rule: 'ignored', note: `${rejected} Answers carry no log probabilities.` },
  max_completion_tokens: { rule: 'ignored', note: `${rejected} Answers are as long as the model makes them.` },
  max_tokens: { rule: 'ignored', note: 'As `max_completion_tokens`.' },
  metadata: { rule: 'ignored', note: rejected },
  prediction: { rule: 'ignored', note: `${rejected} It only makes answers faster.` },
  presence_penalty: { rule: 'ignored', note: rejected },
  prompt_cache_options: { rule: 'ignored', note: rejected },
  prompt_cache_retention: { rule: 'ignored', note: rejected },
  safety_identifier: { rule: 'ignored', note: rejected },
  seed: { rule: 'ignored', note: rejected },
  stop: { rule: 'ignored', note: `${rejected} Answers are not cut.` },
  store: { rule: 'ignored', note: 'Chat completions are never stored.' },
  temperature: { rule: 'ignored', note: rejected },
  top_logprobs: { rule: 'ignored', note: `${rejected} Answers carry no log probabilities.` },
  top_p: { rule: 'ignored', note: rejected },
  user: { rule: 'ignored', note: rejected },
};

/** Fields outside the public API that common clients send. */
export const extraChatFields: typeof chatFields = {
  reasoning: { rule: 'translated', note: '`effort` and `summary`, as in the Responses API.' },
  reasoning_summary: {
    rule: 'translated',
    note: '`auto` (the default), `concise`, `detailed`, or `none` for no `reasoning_content` in the answer.',
  },
};

/** The text of `docs/chat-fields.md`. */
export function chatFieldsMarkdown(): string {
  return `# Fields of \`POST /v1/chat/completions\`

Written by \`bun run docs\` from \`server/gateway/translate/chat-fields.ts\`, which the tests hold against the code and against the public API.

- **translated**: it reaches the upstream, or shapes the answer.
- **ignored**: accepted and left out: the upstream has no such setting, and common clients send it all the time.
- **refused**: a 400 that names the field: the answer would not be what was asked for.

${tableOf(chatFields)}

## Beyond the public API

${tableOf(extraChatFields)}

\`parallelToolCalls\`, \`promptCacheKey\`, \`serviceTier\`, \`reasoningEffort\`, \`reasoningSummary\` and \`textVerbosity\` mean the fields above when those are absent. Any other unknown field is ignored.
`;
}

function tableOf(fields: typeof chatFields): string {
  const rows = Object.entries(fields).map(([field, { rule, note }]) => `| \`${field}\` | ${rule} | ${note} |`);
  return ['| field | rule | note |', '| --- | --- | --- |', ...rows].join('\n');
}
