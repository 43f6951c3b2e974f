/**
 * The body of an upstream `POST …/responses`. The backend is a strict allow-list: a field that is not named here is
 * answered 400, so a body is always built from these fields and never copied from a client.
 */

/** One input item: a message, a call, the output of a call, a reasoning or compaction item. */
export interface ResponsesItem {
  type: string;
  [field: string]: unknown;
}

/** One tool in the flat shape of the Responses API. */
export interface ResponsesTool {
  type: string;
  [field: string]: unknown;
}

export type ResponsesToolChoice = string | { type: string; [field: string]: unknown };

export interface ResponsesReasoning {
  effort?: string;
  summary?: string;
  [field: string]: unknown;
}

export interface ResponsesText {
  format?: { type: string; [field: string]: unknown };
  verbosity?: string;
}

export interface ResponsesBody {
  model: string;
  instructions?: string;
  input: ResponsesItem[];
  tools?: ResponsesTool[];
  tool_choice?: ResponsesToolChoice;
  parallel_tool_calls?: boolean;
  reasoning?: ResponsesReasoning;
  store: false;
  stream: true;
  include?: string[];
  service_tier?: string;
  prompt_cache_key?: string;
  text?: ResponsesText;
  client_metadata?: Record<string, unknown>;
}
