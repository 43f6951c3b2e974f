/** Bodies as the Codex CLI writes them, in both dialects, with our own texts. */

export const session = '01a20000-0000-7000-8000-000000000001';

function metadata(): Record<string, string> {
  const turn = {
    session_id: session,
    thread_id: session,
    agent_name: '/root',
    request_kind: 'turn',
    model: 'gpt-6.1-sol',
  };
  return {
    session_id: session,
    thread_id: session,
    'x-codex-window-id': `${session}:0`,
    'x-codex-turn-metadata': JSON.stringify(turn),
    mcp_attribution: '{"status":"none"}',
    guardian_credits_requested: 'true',
  };
}

/** The same with what names the installation, as the CLI sends it. */
export function withInstallation<T extends { client_metadata: Record<string, string> }>(body: T): T {
  const turn = JSON.parse(body.client_metadata['x-codex-turn-metadata'] ?? '{}');
  const turnMetadata = JSON.stringify({ installation_id: 'install-1', ...turn });
  const client_metadata = {
    ...body.client_metadata,
    'x-codex-installation-id': 'install-1',
    'x-codex-turn-metadata': turnMetadata,
  };
  return { ...body, client_metadata };
}

function message(id: string, role: string, text: string) {
  return {
    type: 'message',
    id,
    role,
    content: [{ type: 'input_text', text }],
    internal_chat_message_metadata_passthrough: { turn_id: 'turn-1', content_item_kinds: ['user.text'] },
  };
}

const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' };
const execTool = { type: 'custom', name: 'exec', description: 'Runs JavaScript.', format: grammar };
const waitTool = {
  type: 'function',
  name: 'wait',
  description: 'Waits.',
  strict: false,
  parameters: { type: 'object', properties: {} },
};

const common = {
  stream: true,
  tool_choice: 'auto',
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: session,
};

export const liteBody = {
  ...common,
  model: 'gpt-6.1-sol',
  input: [
    {
      type: 'additional_tools',
      id: 'at_1',
      role: 'developer',
      tools: [{ type: 'namespace', name: 'functions', description: '', tools: [execTool, waitTool] }],
    },
    message('msg_1', 'developer', 'You are a coding agent.'),
    message('msg_2', 'user', '<environment_context/>'),
    message('msg_3', 'user', 'Say hi'),
    { type: 'reasoning', id: 'rs_1', summary: [], content: null, encrypted_content: 'gAAAAA_one' },
    {
      type: 'custom_tool_call',
      id: 'ctc_1',
      status: 'completed',
      call_id: 'call_1',
      name: 'exec',
      namespace: 'functions',
      input: 'text(1)',
    },
    {
      type: 'custom_tool_call_output',
      id: 'ctco_1',
      call_id: 'call_1',
      output: [
        { type: 'input_text', text: 'Script completed' },
        { type: 'input_text', text: '1' },
      ],
    },
  ],
  parallel_tool_calls: false,
  reasoning: { effort: 'low', context: 'all_turns' },
  text: { verbosity: 'low' },
  client_metadata: metadata(),
};

export const compactionBody = {
  ...liteBody,
  input: [
    ...liteBody.input.slice(0, 3),
    { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAAA_compacted' },
    message('msg_4', 'user', 'Go on'),
    { type: 'compaction_trigger' },
  ],
};

export const standardBody = {
  ...common,
  model: 'gpt-5.5',
  service_tier: 'priority',
  input: [
    message('msg_1', 'developer', 'You are a coding agent.'),
    {
      type: 'message',
      id: 'msg_2',
      role: 'user',
      content: [
        { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'original' },
        { type: 'input_text', text: 'What is this?' },
      ],
    },
    {
      type: 'function_call',
      status: 'completed',
      id: 'fc_1',
      name: 'exec_command',
      arguments: '{"cmd":"ls"}',
      call_id: 'call_1',
    },
    { type: 'function_call_output', id: 'fco_1', call_id: 'call_1', output: 'a.png' },
  ],
  tools: [
    {
      type: 'function',
      name: 'exec_command',
      description: 'Runs.',
      strict: false,
      parameters: { type: 'object', properties: {} },
    },
    { type: 'custom', name: 'apply_patch', description: 'Edits.', format: grammar },
    { type: 'namespace', name: 'image_gen', description: 'Images.', tools: [{ ...waitTool, name: 'imagegen' }] },
    { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: { type: 'object' } },
    { type: 'web_search', external_web_access: false, search_content_types: ['text', 'image'] },
  ],
  parallel_tool_calls: true,
  reasoning: { effort: 'high', summary: 'detailed' },
  text: {
    verbosity: 'high',
    format: { type: 'json_schema', strict: true, name: 'codex_output_schema', schema: { type: 'object' } },
  },
  client_metadata: metadata(),
};
