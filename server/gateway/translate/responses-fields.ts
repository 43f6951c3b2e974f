/** What happens to a field of the public Responses request. */
export interface FieldRule {
  rule: 'translated' | 'ignored' | 'refused';
  note: string;
}

const noSampling = 'The upstream takes no sampling parameters.';

/** Every field of the public request, and a few that clients send all the same. Writes docs/responses-fields.md. */
export const responsesFields: Record<string, FieldRule> = {
  access_programs: { rule: 'ignored', note: 'Not for these accounts.' },
  background: { rule: 'refused', note: '`true` is a 400: the upstream answers only while it is listened to.' },
  client_metadata: {
    rule: 'translated',
    note: 'Of a Codex client, without what identifies its installation; else left out.',
  },
  context_management: { rule: 'ignored', note: 'The upstream refuses it.' },
  conversation: { rule: 'refused', note: 'Use `previous_response_id`.' },
  image: { rule: 'ignored', note: 'The upstream does not know it.' },
  include: {
    rule: 'translated',
    note: 'What the upstream can give is passed on; `reasoning.encrypted_content` is always asked for.',
  },
  input: {
    rule: 'translated',
    note: 'A text becomes a user message, role `system` becomes `developer`, references are replaced by what they name, ids are left out, calls and outputs are paired.',
  },
  instructions: { rule: 'translated', note: 'Passed on; a short default when there are none.' },
  max_output_tokens: { rule: 'ignored', note: 'The upstream refuses it.' },
  max_tool_calls: { rule: 'ignored', note: 'The upstream refuses it.' },
  metadata: { rule: 'ignored', note: 'The upstream refuses it.' },
  model: { rule: 'translated', note: 'An id or alias; an effort or `-fast` may be part of it.' },
  moderation: { rule: 'refused', note: 'The upstream has no such step.' },
  parallel_tool_calls: { rule: 'translated', note: 'Passed on; true by default.' },
  previous_response_id: { rule: 'translated', note: 'The kept conversation is put before the input.' },
  prompt: { rule: 'refused', note: 'The upstream has no prompt templates.' },
  prompt_cache_key: {
    rule: 'translated',
    note: 'Passed on, hashed over 64 characters; made from the conversation when absent.',
  },
  prompt_cache_options: { rule: 'ignored', note: 'The upstream refuses it.' },
  prompt_cache_retention: { rule: 'ignored', note: 'The upstream refuses it.' },
  reasoning: { rule: 'translated', note: 'Effort (made one the model takes), summary and context.' },
  safety_identifier: { rule: 'ignored', note: 'The upstream refuses it.' },
  service_tier: { rule: 'translated', note: '`priority` (or `fast`) and `flex`; others are left out.' },
  store: { rule: 'translated', note: 'Unless `false`, the gateway keeps the answer; the upstream never does.' },
  stream: { rule: 'translated', note: 'The upstream always streams; a whole answer is put together here.' },
  stream_options: { rule: 'ignored', note: 'The upstream refuses it.' },
  temperature: { rule: 'ignored', note: noSampling },
  text: { rule: 'translated', note: '`format` and `verbosity`.' },
  tool_choice: { rule: 'translated', note: 'Passed on.' },
  tools: {
    rule: 'translated',
    note: '`function`, `custom`, `namespace`, `web_search`, `image_generation`, `tool_search`; other kinds are a 400.',
  },
  top_logprobs: { rule: 'ignored', note: noSampling },
  top_p: { rule: 'ignored', note: noSampling },
  truncation: { rule: 'ignored', note: 'The upstream refuses it.' },
  user: { rule: 'ignored', note: 'The upstream refuses it.' },
};

/** The table of docs/responses-fields.md. */
export function responsesFieldsMarkdown(): string {
  const rows = Object.entries(responsesFields).map(([field, { rule, note }]) => `| \`${field}\` | ${rule} | ${note} |`);
  const head =
    '# Responses: what happens to each field\n\nAny other field is ignored.\n\n| field | rule | note |\n| --- | --- | --- |';
  return `${head}\n${rows.join('\n')}\n`;
}
